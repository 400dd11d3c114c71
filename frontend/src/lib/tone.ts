/** What a chip's colour supports; the word beside it says it. */
export type Tone = "quiet" | "active" | "good" | "warn" | "bad" | "model";
