// Joins the samples of a batch: one contiguous array for each field, in the form that npy files are read in,
// byte strings of different lengths behind each other, and lists of all else. It converts no pictures and pads
// nothing. Defines Stacked and RaggedBytes.

export { type StackOptions, stack, stackWith } from "./stack.js";
export type { RaggedBytes, Stacked, StackedField, TensorLike } from "./stacked.js";
