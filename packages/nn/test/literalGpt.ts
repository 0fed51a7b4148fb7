import type { GptOptions } from "../src/index.js";

/** By what dropout multiplies each element of a layer's input, in row-major order; 0 or 1/(1 − rate). */
export type Dropped = (layer: string, place: number) => number;

/** A GPT's logits, written out token by token in float64: an oracle, not a model. */
export function literalLogits(
  options: GptOptions,
  parameter: (name: string) => Float64Array,
  tokens: Int32Array,
  dropped: Dropped = () => 1,
): number[] {
  const { layers, heads, width, context, vocabulary, bias = true, head = "tied" } = options;
  const { normalisation = "layerNorm", positions = "learned", network = "gelu", logitCap } = options;
  const hidden = options.hidden ?? (network === "swiglu" ? Math.ceil(width / 3) * 8 : 4 * width);
  const linear = (name: string, x: readonly number[], outputs: number): number[] =>
    Array.from({ length: outputs }, (_, j) => {
      let sum = bias ? (parameter(`${name}.bias`)[j] ?? Number.NaN) : 0;
      for (const [i, value] of x.entries())
        sum += value * (parameter(`${name}.weight`)[j * x.length + i] ?? Number.NaN);
      return sum;
    });
  const average = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const rootMeanSquare = (x: readonly number[]): number[] =>
    x.map((value) => value / Math.sqrt(average(x.map((other) => other ** 2)) + 1e-5));
  const norm = (name: string, x: readonly number[]): number[] => {
    const scale = (value: number, i: number) => value * (parameter(`${name}.weight`)[i] ?? Number.NaN);
    if (normalisation === "rmsNorm") return rootMeanSquare(x).map(scale);
    const mean = average(x);
    const deviation = Math.sqrt(average(x.map((value) => (value - mean) ** 2)) + 1e-5);
    return x.map(
      (value, i) =>
        scale((value - mean) / deviation, i) + (bias ? (parameter(`${name}.bias`)[i] ?? Number.NaN) : 0),
    );
  };
  const plus = (x: readonly number[], y: readonly number[]): number[] =>
    x.map((value, i) => value + (y[i] ?? Number.NaN));
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? Number.NaN), 0);
  // Abramowitz and Stegun's series of erf, to rounding for the moderate numbers of a test.
  const erf = (x: number): number => {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };
  const row = (table: string, index: number): number[] => [
    ...parameter(table).subarray(index * width, (index + 1) * width),
  ];
  /** Pairs of elements as complex numbers, times e^(i·angle). */
  const turned = (x: readonly number[], place: number): number[] => {
    const half = x.length / 2;
    const result = [...x];
    for (let pair = 0; pair < half; pair++) {
      const angle = place / 10_000 ** ((2 * pair) / x.length);
      const [real = Number.NaN, imaginary = Number.NaN] = [x[pair], x[pair + half]];
      result[pair] = real * Math.cos(angle) - imaginary * Math.sin(angle);
      result[pair + half] = real * Math.sin(angle) + imaginary * Math.cos(angle);
    }
    return result;
  };
  const compared = (x: readonly number[], place: number): number[] => {
    const normalised = options.qkNormalisation ? rootMeanSquare(x) : x;
    return positions === "rotary" ? turned(normalised, place) : [...normalised];
  };
  const middle = (u: readonly number[]): number[] => {
    if (network === "gelu") return u.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2)));
    if (network === "relu2") return u.map((value) => (value > 0 ? value * value : 0));
    return u
      .slice(0, hidden)
      .map((gate, i) => (gate / (1 + Math.exp(-gate))) * (u[hidden + i] ?? Number.NaN));
  };

  const logits: number[] = [];
  for (let start = 0; start < tokens.length; start += context) {
    const drop = (layer: string, x: readonly number[], t: number): number[] =>
      x.map((value, i) => value * dropped(layer, (start + t) * width + i));
    let stream = Array.from({ length: context }, (_, t) => {
      const content = row("wte.weight", tokens[start + t] ?? -1);
      return drop("drop", positions === "learned" ? plus(content, row("wpe.weight", t)) : content, t);
    });
    for (let layer = 0; layer < layers; layer++) {
      const name = `h.${layer}`;
      const qkv = stream.map((x) => linear(`${name}.attn.c_attn`, norm(`${name}.ln_1`, x), 3 * width));
      const depth = width / heads;
      stream = stream.map((x, t) => {
        const attended = Array.from({ length: heads }, (_, h) => {
          const part = (time: number, which: number): number[] => {
            const from = which * width + h * depth;
            return qkv[time]?.slice(from, from + depth) ?? [];
          };
          const scores = Array.from({ length: t + 1 }, (_, s) =>
            Math.exp(dot(compared(part(t, 0), t), compared(part(s, 1), s)) / Math.sqrt(depth)),
          );
          const total = scores.reduce((sum, score) => sum + score, 0);
          const first = (((start / context) * heads + h) * context + t) * context;
          return Array.from({ length: depth }, (_, i) =>
            dot(
              scores.map((score, s) => (score / total) * dropped(`${name}.attn.attn_dropout`, first + s)),
              scores.map((_, s) => part(s, 2)[i] ?? Number.NaN),
            ),
          );
        }).flat();
        const projected = linear(`${name}.attn.c_proj`, attended, width);
        return plus(x, drop(`${name}.attn.resid_dropout`, projected, t));
      });
      stream = stream.map((x, t) => {
        const units = linear(
          `${name}.mlp.c_fc`,
          norm(`${name}.ln_2`, x),
          (network === "swiglu" ? 2 : 1) * hidden,
        );
        return plus(x, drop(`${name}.mlp.dropout`, linear(`${name}.mlp.c_proj`, middle(units), width), t));
      });
    }
    const table = head === "own" ? "lm_head.weight" : "wte.weight";
    for (const x of stream) {
      const last = norm("ln_f", x);
      for (let j = 0; j < vocabulary; j++) {
        const logit = dot(last, row(table, j));
        logits.push(logitCap === undefined ? logit : logitCap * Math.tanh(logit / logitCap));
      }
    }
  }
  return logits;
}
