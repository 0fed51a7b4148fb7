/** What went wrong, as a code that programs can branch on. */
export type ErrorCode =
  | "unknown-name"
  | "invalid-value"
  | "shape-mismatch"
  | "non-finite"
  | "state-mismatch"
  | "malformed-file"
  | "misuse"
  | "unavailable";

/**
 * An error that carries its fix: the message says what was expected and what was found, `fix` says what to do
 * next. Every package above `optim` throws it; anything else that escapes is a bug of ours.
 */
export class SteepestError extends Error {
  override readonly name = "SteepestError";
  constructor(
    readonly code: ErrorCode,
    /** What was expected and what was found, without the fix. */
    readonly problem: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}. ${fix}`, options);
  }
}

/** Levenshtein distance, for suggestions. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * The candidate nearest to a name in edit distance (case ignored); undefined where none is likely to be
 * meant: more edits than half of the name's letters, or nothing of the candidate left.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const most = Math.max(1, Math.floor(wanted.length / 2));
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= most && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** The error for a name that is not in a list: what was asked, the nearest valid name, all valid names. */
export function unknownName(kind: string, name: string, candidates: readonly string[]): SteepestError {
  const nearest = nearestName(name, candidates);
  return new SteepestError(
    "unknown-name",
    `unknown ${kind} "${name}"`,
    `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}Known: ${candidates.join(", ")}`,
  );
}
