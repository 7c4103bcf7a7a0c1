/** Matches half of a surrogate pair, which UTF-8 has no bytes for: encoders put another character there. */
export const LONE_SURROGATE = /\p{Surrogate}/u;
