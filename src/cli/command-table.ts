import type { CommandEntry } from "./command.js";

export type { CommandEntry };

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: "Look",
    commands: [
      {
        name: "ls",
        summary: "List objects, folders or buckets",
        load: async () => (await import("./commands/ls.js")).command,
      },
      {
        name: "tree",
        summary: "Draw a folder as a tree",
        load: async () => (await import("./commands/tree.js")).command,
      },
      {
        name: "find",
        summary: "Search objects by name, size and age",
        load: async () => (await import("./commands/find.js")).command,
      },
      {
        name: "du",
        summary: "Sum up sizes",
        load: async () => (await import("./commands/du.js")).command,
      },
      {
        name: "stat",
        summary: "Show what is known of an object",
        load: async () => (await import("./commands/stat.js")).command,
      },
      {
        name: "cat",
        summary: "Write objects, or a range of them, to standard output",
        load: async () => (await import("./commands/cat.js")).command,
      },
    ],
  },
  {
    title: "Move",
    commands: [
      {
        name: "cp",
        summary: "Copy objects between any two stores",
        load: async () => (await import("./commands/cp.js")).command,
      },
      {
        name: "mv",
        summary: "Move objects",
        load: async () => (await import("./commands/mv.js")).command,
      },
      {
        name: "sync",
        summary: "Make one folder like another",
        load: async () => (await import("./commands/sync.js")).command,
      },
      {
        name: "rm",
        summary: "Delete objects",
        load: async () => (await import("./commands/rm.js")).command,
      },
      {
        name: "pipe",
        summary: "Write standard input as an object",
        load: async () => (await import("./commands/pipe.js")).command,
      },
      {
        name: "upload",
        summary: "Upload local files and folders",
        load: async () => (await import("./commands/upload.js")).command,
      },
      {
        name: "download",
        summary: "Download objects into a local folder",
        load: async () => (await import("./commands/download.js")).command,
      },
    ],
  },
  {
    title: "Train",
    commands: [
      {
        name: "checkpoint",
        summary: "List, check, load, tag and prune checkpoints",
        load: async () => (await import("./commands/checkpoint.js")).command,
      },
      {
        name: "run",
        summary: "Keep runs and their data: list, compare, store, get, collect",
        load: async () => (await import("./commands/run.js")).command,
      },
      {
        name: "bench",
        summary: "Measure how a training job would be fed",
        load: async () => (await import("./commands/bench.js")).command,
      },
    ],
  },
  {
    title: "Buckets and access",
    commands: [
      {
        name: "create-bucket",
        summary: "Create a bucket, container or folder",
        load: async () => (await import("./commands/create-bucket.js")).command,
      },
      {
        name: "delete-bucket",
        summary: "Delete an empty bucket, container or folder",
        load: async () => (await import("./commands/delete-bucket.js")).command,
      },
      {
        name: "presign",
        summary: "Make a URL that gives access for a while",
        load: async () => (await import("./commands/presign.js")).command,
      },
      {
        name: "multipart",
        summary: "List or abort unfinished uploads",
        load: async () => (await import("./commands/multipart.js")).command,
      },
    ],
  },
  {
    title: "Measure, and the names of s3-cli",
    commands: [
      {
        name: "put",
        summary: "Generate objects and write them (a benchmark)",
        load: async () => (await import("./commands/put.js")).command,
      },
      {
        name: "generate",
        summary: "Generate a data set to train or test with",
        load: async () => (await import("./commands/generate.js")).command,
      },
      {
        name: "get",
        summary: "Read objects and throw the data away (a benchmark)",
        load: async () => (await import("./commands/get.js")).command,
      },
      {
        name: "oplog",
        summary: "Sum up, sort and print operation logs",
        load: async () => (await import("./commands/oplog.js")).command,
      },
      {
        name: "replay",
        summary: "Do again what an operation log tells, at its times",
        load: async () => (await import("./commands/replay.js")).command,
      },
      {
        name: "list",
        summary: "List keys",
        load: async () => (await import("./commands/list.js")).command,
      },
      {
        name: "delete",
        summary: "Delete objects; the same as rm",
        load: async () => (await import("./commands/delete.js")).command,
      },
    ],
  },
  {
    title: "Set up",
    commands: [
      {
        name: "config",
        summary: "Show the settings and where each comes from",
        load: async () => (await import("./commands/config.js")).command,
      },
      {
        name: "cache",
        summary: "Show and prune what is kept of remote stores on this machine",
        load: async () => (await import("./commands/cache.js")).command,
      },
      {
        name: "doctor",
        summary: "Check configuration, credentials and connections",
        load: async () => (await import("./commands/doctor.js")).command,
      },
      {
        name: "completion",
        summary: "Print a completion script for a shell",
        load: async () => (await import("./commands/completion.js")).command,
      },
    ],
  },
];

export const COMMANDS: readonly CommandEntry[] = COMMAND_GROUPS.flatMap((group) => group.commands);
