import { compile, createSession, gather, input, reshape, type Session } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import type { GptModel } from "../models/gpt2.js";
import { type DrawOptions, drawToken, requireDrawOptions } from "./drawToken.js";

/** How many tokens a sampler draws, and how. */
export interface SamplingOptions extends DrawOptions {
  /** Number of tokens to draw. */
  readonly count: number;
  /** Of the draws. Default 0. */
  readonly seed?: number;
}

/** Continues texts with a language model. One call at a time. */
export interface Sampler {
  /**
   * The tokens that follow a prompt, one by one as they are drawn, without the prompt. The model sees the
   * last `context` tokens. A pure function of parameters, prompt and options.
   *
   * @param prompt - at least one token
   * @throws SteepestError `invalid-value` for an empty prompt, tokens outside the vocabulary or options out of
   *   range, `non-finite` where the model's logits are not numbers
   */
  stream(prompt: ArrayLike<number>, options: SamplingOptions): AsyncGenerator<number, void>;
  /** All tokens of {@link stream}. */
  generate(prompt: ArrayLike<number>, options: SamplingOptions): Promise<Int32Array>;
  /** Frees the networks. Do not use it afterwards. */
  release(): Promise<void>;
}

/** Short texts run in a network of at least so many tokens, so that a few lengths serve all. */
const leastLength = 16;

/**
 * A sampler of a model.
 *
 * A network is compiled for the lengths 16, 32, 64, … up to the context, when it is first needed; texts
 * between are filled up at the end, where causal attention never looks. Logits are computed for the last
 * token alone.
 *
 * @param parameter - the memory of a parameter, by name; read anew at every token, so that a sampler of a
 *   model in training samples from its present state
 * @param options.threads - of one run of the network; default 1
 */
export function createSampler(
  model: GptModel,
  parameter: (name: string) => Float32Array,
  { threads = 1 }: { readonly threads?: number } = {},
): Sampler {
  const { context, vocabulary } = model.options;
  const networks = new Map<number, Promise<Network>>();
  const networkFor = (count: number): Promise<Network> => {
    let length = Math.min(leastLength, context);
    while (length < count) length = Math.min(2 * length, context);
    const known = networks.get(length) ?? openNetwork(model, parameter, length, threads);
    networks.set(length, known);
    return known;
  };

  async function* stream(prompt: ArrayLike<number>, options: SamplingOptions): AsyncGenerator<number, void> {
    const { count, seed = 0 } = options;
    requireDrawOptions(options);
    requireCount(count);
    const text = checkedPrompt(prompt, vocabulary);
    const { uniform } = randomStream(seed, "sampling");
    for (let drawn = 0; drawn < count; drawn++) {
      const seen = text.slice(-context);
      const { tokens, last, logits, run } = await networkFor(seen.length);
      tokens.fill(0);
      tokens.set(seen);
      last[0] = seen.length - 1;
      await run();
      const token = drawToken(logits, options, uniform());
      text.push(token);
      yield token;
    }
  }

  return {
    stream,
    async generate(prompt, options) {
      const drawn: number[] = [];
      for await (const token of stream(prompt, options)) drawn.push(token);
      return Int32Array.from(drawn);
    },
    async release() {
      for (const network of networks.values()) await (await network).release();
    },
  };
}

/** A network for texts of one length, bound to its arrays. */
interface Network extends Session {
  readonly tokens: Int32Array;
  /** The place of the last token. */
  readonly last: Int32Array;
  /** Of the token after it. */
  readonly logits: Float32Array;
}

async function openNetwork(
  model: GptModel,
  parameter: (name: string) => Float32Array,
  length: number,
  threads: number,
): Promise<Network> {
  const { width, vocabulary } = model.options;
  const hidden = model.hidden(input("tokens", [1, length], "int32"), { training: false });
  const ofLast = gather(reshape(hidden, [length, width]), input("last", [1], "int32"));
  const arrays = {
    tokens: new Int32Array(length),
    last: new Int32Array(1),
    logits: new Float32Array(vocabulary),
  };
  const parameters = Object.fromEntries(model.parameters.map(({ name }) => [name, parameter(name)]));
  const session = await createSession(compile({ logits: model.logits(ofLast) }), {
    feeds: { ...parameters, tokens: arrays.tokens, last: arrays.last },
    fetches: { logits: arrays.logits },
    threads,
  });
  return { ...arrays, ...session };
}

function requireCount(count: number): void {
  if (Number.isInteger(count) && count >= 0) return;
  throw new SteepestError(
    "invalid-value",
    `sampling: expected a number of tokens of at least 0, found ${count}`,
    "Give a whole number, e.g. 500",
  );
}

function checkedPrompt(prompt: ArrayLike<number>, vocabulary: number): number[] {
  const text = Array.from(prompt);
  if (text.length === 0) {
    throw new SteepestError(
      "invalid-value",
      "sampling: the prompt has no tokens",
      "Give at least one to begin with, such as that of a line break",
    );
  }
  const wrong = text.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary));
  if (wrong === undefined) return text;
  throw new SteepestError(
    "invalid-value",
    `sampling: the prompt has the token ${wrong}, outside the vocabulary of ${vocabulary}`,
    "Encode the prompt with the tokeniser of the text that the model was trained on",
  );
}
