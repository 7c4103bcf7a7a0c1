// For those who test stores of this library or write a backend of their own: the conformance suite,
// a clock that does not wait, and faults from a seed. Imports no test framework. Defines Expectations,
// ConformanceCase, ConformanceTarget and FakeClock.

export * from "./conformance/index.js";
export { FakeClock } from "./fake-clock.js";
