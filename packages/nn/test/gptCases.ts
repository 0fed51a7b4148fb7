import { input, reshape, type Tensor } from "@steepest/graph";
import { elementCount } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import {
  crossEntropy,
  type GptModel,
  type GptOptions,
  gpt2,
  initialiseParameters,
  type Model,
} from "../src/index.js";

/** A tiny GPT: slow float64 oracles run through it many times. */
export const smallGpt: GptOptions = { layers: 2, heads: 2, width: 8, context: 5, vocabulary: 7 };

/** Each option of {@link GptOptions} away from its default at least once, alone and together with others. */
export const gptVariants: Readonly<Record<string, GptOptions>> = {
  "as GPT-2": smallGpt,
  "without biases, with a head of its own": { ...smallGpt, bias: false, head: "own" },
  "RMS norm": { ...smallGpt, normalisation: "rmsNorm" },
  "rotary positions": { ...smallGpt, positions: "rotary" },
  "QK normalisation": { ...smallGpt, qkNormalisation: true },
  "squared ReLU": { ...smallGpt, network: "relu2" },
  SwiGLU: { ...smallGpt, network: "swiglu" },
  "capped logits": { ...smallGpt, logitCap: 0.5 },
  "all at once": {
    ...{ ...smallGpt, layers: 1, width: 12, bias: false, head: "own", normalisation: "rmsNorm" },
    ...{ positions: "rotary", qkNormalisation: true, network: "swiglu", hidden: 10, logitCap: 2 },
  },
};

/** An array by its name; a test that asks for another is wrong. */
export function named(arrays: Readonly<Record<string, Float64Array>>, name: string): Float64Array {
  const found = arrays[name];
  if (found === undefined) throw new Error(`the test has no array "${name}"`);
  return found;
}

/** First values with noise ten times as large, biases too, so that every part of the model matters. */
export function noisyValues(model: Model): Record<string, Float64Array> {
  const values = Object.fromEntries(
    model.parameters.map(({ name, shape }) => [name, new Float64Array(elementCount(shape))]),
  );
  initialiseParameters(model.parameters, 1, (name) => named(values, name));
  for (const [name, array] of Object.entries(values)) {
    const noise = randomStream(2, name);
    for (const [i, value] of array.entries()) array[i] = value + 0.2 * noise.normal();
  }
  return values;
}

/** Numbers rounded to float32, as sessions are fed. */
export const singles = (values: Readonly<Record<string, Float64Array>>): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(values).map(([name, array]) => [name, Float32Array.from(array)]));

/** Integers below a limit. */
export function drawTokens(name: string, count: number, below: number): Int32Array {
  const stream = randomStream(3, name);
  return Int32Array.from({ length: count }, () => stream.integer(below));
}

/** Logits and the mean cross-entropy of a batch of whole contexts, with the tokens to feed. */
export function gptLoss(
  options: GptOptions,
  { sequences = 2, dropoutKey }: { readonly sequences?: number; readonly dropoutKey?: Tensor } = {},
): {
  readonly model: GptModel;
  readonly logits: Tensor;
  readonly loss: Tensor;
  readonly data: Readonly<Record<"tokens" | "targets", Int32Array>>;
} {
  const model = gpt2(options);
  const count = sequences * options.context;
  const logits = model.apply(input("tokens", [sequences, options.context], "int32"), {
    training: true,
    ...(dropoutKey === undefined ? {} : { dropoutKey }),
  });
  const loss = crossEntropy(reshape(logits, [-1, options.vocabulary]), input("targets", [count], "int32"));
  const data = {
    tokens: drawTokens("tokens", count, options.vocabulary),
    targets: drawTokens("targets", count, options.vocabulary),
  };
  return { model, logits, loss, data };
}
