import type { CommandContext } from "../command.js";

/** Warns before a write that ends with the process: nobody could read it any more. */
export async function warnIfVolatile(context: CommandContext, target: string): Promise<void> {
  const { locationOf } = await import("../../app/index.js");
  if (locationOf(target, context.config.cwd).uri.scheme !== "mem") return;
  context.notices.warn(
    `${target} is in this command's memory: what is written there is gone when it ends`,
  );
}
