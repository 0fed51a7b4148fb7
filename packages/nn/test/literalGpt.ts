import type { GptOptions } from "../src/index.js";

/** GPT-2's logits, written out token by token in float64: an oracle, not a model. */
export function literalLogits(
  { layers, heads, width, context, vocabulary, bias = true, head = "tied" }: GptOptions,
  parameter: (name: string) => Float64Array,
  tokens: Int32Array,
): number[] {
  const linear = (name: string, x: readonly number[], outputs: number): number[] =>
    Array.from({ length: outputs }, (_, j) => {
      let sum = bias ? (parameter(`${name}.bias`)[j] ?? Number.NaN) : 0;
      for (const [i, value] of x.entries())
        sum += value * (parameter(`${name}.weight`)[j * x.length + i] ?? Number.NaN);
      return sum;
    });
  const norm = (name: string, x: readonly number[]): number[] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + 1e-5)) * (parameter(`${name}.weight`)[i] ?? Number.NaN) +
        (bias ? (parameter(`${name}.bias`)[i] ?? Number.NaN) : 0),
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

  const logits: number[] = [];
  for (let start = 0; start < tokens.length; start += context) {
    let stream = Array.from({ length: context }, (_, t) =>
      plus(row("wte.weight", tokens[start + t] ?? -1), row("wpe.weight", t)),
    );
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
            Math.exp(dot(part(t, 0), part(s, 1)) / Math.sqrt(depth)),
          );
          const total = scores.reduce((sum, score) => sum + score, 0);
          return Array.from({ length: depth }, (_, i) =>
            dot(
              scores.map((score) => score / total),
              scores.map((_, s) => part(s, 2)[i] ?? Number.NaN),
            ),
          );
        }).flat();
        return plus(x, linear(`${name}.attn.c_proj`, attended, width));
      });
      stream = stream.map((x) => {
        const hidden = linear(`${name}.mlp.c_fc`, norm(`${name}.ln_2`, x), 4 * width);
        const activated = hidden.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2)));
        return plus(x, linear(`${name}.mlp.c_proj`, activated, width));
      });
    }
    const table = head === "own" ? "lm_head.weight" : "wte.weight";
    for (const x of stream) {
      const last = norm("ln_f", x);
      for (let j = 0; j < vocabulary; j++) logits.push(dot(last, row(table, j)));
    }
  }
  return logits;
}
