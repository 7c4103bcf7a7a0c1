import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { bashCompletion, fishCompletion, zshCompletion } from "../render/index.js";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const command: CommandSpec = {
  arguments: [{ syntax: "<shell>", description: "bash, zsh or fish" }],
  options: [],
  examples: [
    ["source <(lode completion bash)", "for this shell; put it into ~/.bashrc for all"],
    ["lode completion fish > ~/.config/fish/completions/lode.fish", "for fish"],
  ],
  changes: false,
  async run(context, [shell]) {
    const { GLOBAL_OPTIONS } = await import("../global-options.js");
    if (!Object.hasOwn(SHELLS, String(shell))) {
      const known = didYouMean(String(shell), Object.keys(SHELLS)) || "; write bash, zsh or fish";
      throw new LodeError({
        code: "invalid-argument",
        message: `there is no completion for ${JSON.stringify(shell)}${known}`,
      });
    }
    const commands = await Promise.all(
      context.commands.map(async ({ name, summary, load }) => {
        const { options } = await load();
        return { name, summary, options: [...options, ...GLOBAL_OPTIONS] };
      }),
    );
    const script = SHELLS[shell as keyof typeof SHELLS](commands);
    for (const line of script.split("\n")) context.out.line(line);
  },
};
