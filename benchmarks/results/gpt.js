import { ratio } from "../harness.js";
import { range, spread, table, tokenRate } from "./format.js";

/** A small GPT's step with every optimizer, and beside other libraries. */
export function gptSection(gpt) {
  const [adamw] = gpt;
  const peers = [...(adamw.torch ? [["PyTorch", adamw.torch]] : []), ...adamw.others];
  const milliseconds = ({ seconds }) => range(spread(seconds.map((value) => 1e3 * value)));
  const inTorch = gpt.some(({ torch }) => torch !== undefined);
  return `## A training step of a small GPT

nanoGPT's configuration for a CPU: four layers of width 128, four heads, 12 x 64 tokens (768 rows), 65 of them in the vocabulary, 804,096 parameters. Forward, backward and the optimizer; a figure
is the mean over ten steps in a row, so that it holds what is computed every tenth step only.${
    inTorch
      ? " PyTorch's versions beside AdamW are ours: plain PyTorch after the originals' algorithms (`contestants/torch_gpt.py`), since the originals are not installed; after ten steps both have the same loss."
      : ""
  }

${table(
  [
    "optimizer",
    "ms a step",
    "times AdamW's step",
    "tokens a second",
    ...(inTorch ? ["PyTorch ms", "PyTorch, times its AdamW's step", "times as fast as PyTorch"] : []),
  ],
  gpt.map(({ name, tokens, ours, torch }) => [
    name,
    milliseconds(ours),
    ours === adamw.ours ? "" : range(ratio(ours, adamw.ours)),
    range(tokenRate(tokens, ours)),
    ...(inTorch && torch === undefined ? ["", "", ""] : []),
    ...(torch === undefined
      ? []
      : [
          milliseconds(torch),
          torch === adamw.torch ? "" : range(ratio(torch, adamw.torch)),
          range(ratio(torch, ours)),
        ]),
  ]),
)}

With AdamW on one thread, beside other libraries that compute the same:

${table(
  ["", "ms a step", "tokens a second", "times slower than ours"],
  [["ours", adamw.ours], ...peers].map(([name, result]) => [
    name,
    milliseconds(result),
    range(tokenRate(adamw.tokens, result)),
    result === adamw.ours ? "" : range(ratio(result, adamw.ours)),
  ]),
)}`;
}

/** A larger GPT beside its products. */
export function productsSection(products) {
  return `## A GPT beside its matrix products

nanoGPT's baby GPT (six layers of width 384, six heads, 256 tokens a sequence, 10,745,088 parameters): forward and backward pass of a batch, in turn with the matrix products of the same
shapes alone, on one thread. The share is the rate of multiply-adds within the passes, of that which ONNX Runtime reaches on the products by themselves.

${table(
  ["sequences", "passes, s", "tokens a second", "products alone, s", "share"],
  products.map(({ sequences, tokens, passes, products: alone }) => [
    `${sequences}`,
    range(spread(passes.seconds)),
    range(tokenRate(tokens, passes)),
    range(spread(alone.seconds)),
    range(ratio(alone, passes)),
  ]),
)}`;
}
