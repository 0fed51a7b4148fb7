/** Number of edits (insert, delete, replace) between two names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/**
 * The candidate with the fewest edits from a name (case ignored); undefined where none is likely to be meant:
 * more edits than half of the name's letters, or nothing of the candidate left.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const most = Math.max(1, Math.floor(wanted.length / 2));
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= most && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** A record with the same names and other values. */
export function mapRecord<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  f: (value: From, name: string) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, f(value, name)] as const);
  // `fromEntries` forgets which names there are; they are those of the record, one by one.
  return Object.fromEntries(entries) as Record<Name, To>;
}

/**
 * Turns names into C identifiers, which ONNX demands of every name, and keeps them apart:
 * `layers.0.weight` becomes `layers_0_weight`, a second one `layers_0_weight_1`.
 */
export class Identifiers {
  readonly #taken = new Set<string>();

  unique(name: string): string {
    const base = name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=[^A-Za-z_]|$)/, "_");
    let identifier = base;
    for (let i = 1; this.#taken.has(identifier); i++) identifier = `${base}_${i}`;
    this.#taken.add(identifier);
    return identifier;
  }
}
