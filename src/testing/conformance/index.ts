// What every backend must do, as cases that any test runner can run: one file a verb, and what a
// backend does differently as a typed record in which nothing may be left out. Not tied to a test
// framework and not a benchmark. Defines Expectations, ConformanceCase and ConformanceTarget.

export type {
  ConformanceCase,
  ConformanceContext,
  ConformanceTarget,
  SiblingContainer,
  Verb,
} from "./conformance-case.js";
export {
  ALL_ODD_KEYS,
  type Expectations,
  ODD_KEYS,
  type OddKeyName,
  type OddKeySupport,
  type Support,
} from "./expectations.js";
export {
  type ConformanceOptions,
  conformanceCases,
  describeConformance,
  type TestRunner,
} from "./suite.js";
