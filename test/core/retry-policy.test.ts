import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_RETRY_POLICY, fullJitter, RetrySession } from "../../src/core/index.js";
import { LodeError } from "../../src/errors.js";
import { FakeClock } from "../../src/testing/index.js";

const failure = (details: Record<string, unknown> = {}) =>
  new LodeError({ code: "connection", retry: "safe", message: "reset", details });

describe("fullJitter", () => {
  it("stays between zero and a bound that doubles up to the longest", () => {
    const policy = { baseDelayMs: 100, maxDelayMs: 1000 };
    expect([1, 2, 3, 4, 5, 60].map((n) => fullJitter(policy, n, () => 0.5))).toEqual([
      50, 100, 200, 400, 500, 500,
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, r) => {
          const delay = fullJitter(policy, n, () => r);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(1000);
        },
      ),
    );
  });
});

describe("RetrySession", () => {
  it("ends after its attempts and says how many there were", () => {
    const policy = { ...DEFAULT_RETRY_POLICY, attempts: 3 };
    const session = new RetrySession(policy, new FakeClock(), () => 0);
    expect(session.failed(failure())).toBe(0);
    expect(session.failed(failure())).toBe(0);
    expect(session.failed(failure())).toBeUndefined();
    expect(session.exhausted(failure({ requestId: "r" }))).toMatchObject({
      retry: "exhausted",
      message: "reset (gave up after 3 attempts in 0.0 s)",
      details: { attempts: 3, requestId: "r" },
    });
  });

  it("waits at least as long as Retry-After asks", () => {
    const session = new RetrySession(DEFAULT_RETRY_POLICY, new FakeClock(), () => 0);
    expect(session.failed(failure({ retryAfterMs: 5000 }))).toBe(5000);
  });

  it("begins no try behind the deadline, counted over all tries", () => {
    const clock = new FakeClock();
    const policy = { ...DEFAULT_RETRY_POLICY, attempts: 100, deadlineMs: 1000 };
    const session = new RetrySession(policy, clock, () => 0);
    clock.advance(600);
    expect(session.failed(failure())).toBe(0);
    expect(session.failed(failure({ retryAfterMs: 500 }))).toBeUndefined();
    clock.advance(401);
    expect(session.failed(failure())).toBeUndefined();
  });
});
