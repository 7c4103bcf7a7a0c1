/** Processes side by side. */
const AT_A_TIME = 3;

/**
 * Tries calls 1, 1 + stride, … until there is none of that number: `attempt` tells whether the call was reached. Gives how
 * many were.
 */
export async function eachCall(
  stride: number,
  attempt: (call: number) => Promise<boolean>,
): Promise<number> {
  let next = 1;
  let reached = 0;
  let ended = false;
  const worker = async (): Promise<void> => {
    while (!ended) {
      const call = next;
      next += stride;
      if (await attempt(call)) reached++;
      else ended = true;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return reached;
}
