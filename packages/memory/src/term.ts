/** What memory is used for. */
export type MemoryCategory =
  | "parameters"
  | "gradients"
  | "masterWeights"
  | "state"
  | "activations"
  | "logits"
  | "temporary"
  | "communication"
  | "data"
  | "fragmentation"
  | "context";

/** One use of memory: how much, why, and how well that is known. `low` ≤ `bytes` ≤ `high`. */
export interface MemoryTerm {
  readonly name: string;
  readonly category: MemoryCategory;
  /** What is expected. */
  readonly bytes: number;
  /** How `bytes` comes about, in symbols that the source uses: `4Ψ`. */
  readonly formula: string;
  /** Where the formula comes from: a paper, or what of this program declares it. */
  readonly source: string;
  /** The least and the most that the term may be; both `bytes` where it is exact. */
  readonly low: number;
  readonly high: number;
}

/** The same term without its range: one whose bytes are exact. */
export const exactTerm = (term: Omit<MemoryTerm, "low" | "high">): MemoryTerm => ({
  ...term,
  low: term.bytes,
  high: term.bytes,
});

/** The bytes of all terms. */
export const totalBytes = (terms: readonly Pick<MemoryTerm, "bytes">[]): number =>
  terms.reduce((sum, { bytes }) => sum + bytes, 0);
