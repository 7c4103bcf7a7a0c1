import type { BenchmarkFailure, BenchmarkState } from "../../app/operations/index.js";
import { errorToJson, LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import { jsonLine, showProgress } from "../render/index.js";

const MiB = 2 ** 20;

/** How a benchmark is watched: a progress line, and each failure as it happens. */
export function watchBenchmark(context: CommandContext, label: string) {
  const { json, notices, out } = context;
  return {
    onProgress(state: BenchmarkState) {
      const bytesPerSecond = state.bytes / Math.max(state.seconds, 1e-6);
      showProgress(notices, label, { ...state, bytesPerSecond });
    },
    onFailure({ uri, error }: BenchmarkFailure) {
      notices.line(`lode: ${uri}: ${error.message} [${error.code}]`);
      if (json)
        out.line(jsonLine({ type: "item", status: "failed", uri, error: errorToJson(error) }));
    },
  };
}

/** The figures as JSON, or as the text that `text` makes of them. */
export function printResult(
  context: CommandContext,
  type: string,
  state: BenchmarkState,
  text: string,
): void {
  const { objects, failed, skipped, bytes, seconds } = state;
  if (!context.json) context.out.line(text);
  else {
    const bytesPerSecond = Math.round(bytes / Math.max(seconds, 1e-6));
    const counts = { objects, failed, ...(skipped > 0 && { skipped }) };
    context.out.line(jsonLine({ type, ...counts, bytes, seconds, bytesPerSecond }));
  }
}

/** Mebibytes with two decimals, which s3-cli calls MB. */
export function mebibytes(bytes: number): string {
  return (bytes / MiB).toFixed(2);
}

export function throwIfAnyFailed(
  state: BenchmarkState,
  failures: readonly BenchmarkFailure[],
): void {
  const [first] = failures;
  if (first === undefined) return;
  if (state.objects === 0 && state.failed === 1) throw first.error;
  throw new LodeError({
    code: "partial-failure",
    message: `${state.failed} of ${state.objects + state.failed} objects failed: ${first.uri} (${first.error.code})`,
    details: {
      failed: state.failed,
      succeeded: state.objects,
      failures: failures.map(({ uri, error: { code, message } }) => ({ uri, code, message })),
    },
  });
}
