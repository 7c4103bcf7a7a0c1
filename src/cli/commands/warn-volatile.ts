import { LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";

/** Warns before a write that ends with the process: nobody could read it any more. */
export async function warnIfVolatile(context: CommandContext, target: string): Promise<void> {
  if (!(await isVolatile(context, target))) return;
  context.notices.warn(
    `${target} is in this command's memory: what is written there is gone when it ends`,
  );
}

/** Refuses (`invalid-argument`) to move to where nobody could read it any more: all would be lost. */
export async function refuseIfVolatile(context: CommandContext, target: string): Promise<void> {
  if (!(await isVolatile(context, target))) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${target} is in this command's memory: what is moved there would be lost when it ends; choose a lasting target`,
  });
}

async function isVolatile(context: CommandContext, target: string): Promise<boolean> {
  const { locationOf } = await import("../../app/index.js");
  return locationOf(target, context.config.cwd).uri.scheme === "mem";
}
