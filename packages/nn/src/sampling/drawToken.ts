import { SteepestError } from "@steepest/optim";

/** How a token is drawn from logits. */
export interface DrawOptions {
  /**
   * τ ≥ 0: probabilities are softmax(logits / τ). Below 1 the likely grow likelier; 0 takes the first of the
   * largest. Default 1.
   */
  readonly temperature?: number;
  /** Only tokens whose logit is at least the k-th largest are drawn. Default: all. */
  readonly topK?: number;
}

/**
 * Checks what a user gave.
 * @throws SteepestError `invalid-value` where the temperature is negative or not finite, or `topK` is no
 *   positive integer
 */
export function requireDrawOptions({ temperature = 1, topK }: DrawOptions): void {
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    throw new SteepestError(
      "invalid-value",
      `sampling: expected a temperature of at least 0, found ${temperature}`,
      "1 draws as the model predicts, 0.8 more carefully, 0 always takes the likeliest token",
    );
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
    throw new SteepestError(
      "invalid-value",
      `sampling: expected topK to be a positive integer, found ${topK}`,
      "Usual values are 40 and 200; leave it out to draw from all tokens",
    );
  }
}

/**
 * A token from logits: the first whose cumulative probability exceeds `uniform`, by the softmax of the
 * logits over the temperature, the largest subtracted first.
 *
 * Source: nanoGPT's `generate` for the meaning of temperature and top-k.
 *
 * @param uniform - a number in [0, 1)
 * @throws SteepestError `non-finite` where a logit is NaN or none is finite
 */
export function drawToken(
  logits: Float32Array,
  { temperature = 1, topK = logits.length }: DrawOptions,
  uniform: number,
): number {
  let likeliest = 0;
  for (const [token, logit] of logits.entries()) {
    if (Number.isNaN(logit)) throw withoutNumbers();
    if (logit > (logits[likeliest] ?? 0)) likeliest = token;
  }
  const largest = logits[likeliest] ?? Number.NaN;
  if (!Number.isFinite(largest)) throw withoutNumbers();
  if (temperature === 0) return likeliest;

  const least = topK < logits.length ? logits.toSorted().at(-topK) : undefined;
  const weights = Float64Array.from(logits, (logit) =>
    least !== undefined && logit < least ? 0 : Math.exp((logit - largest) / temperature),
  );
  let rest = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [token, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return token;
  }
  // By rounding alone: the sum of the weights, subtracted one by one, may leave a little.
  return likeliest;
}

const withoutNumbers = (): SteepestError =>
  new SteepestError(
    "non-finite",
    "sampling: the model's logits are not numbers",
    "The parameters have diverged: sample from an earlier checkpoint, or train with a lower learning rate",
  );
