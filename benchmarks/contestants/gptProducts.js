import { compile, createSession, gradients, input, matmul, reshape, slice } from "@steepest/graph";
import { crossEntropy, gpt2, initialiseParameters } from "@steepest/nn";
import { elementCount } from "@steepest/optim";

/** Arrays for all inputs or outputs of a compiled graph: small numbers, and tokens of the vocabulary. */
const arraysFor = (values, vocabulary) =>
  Object.fromEntries(
    Object.entries(values).map(([name, { shape, dtype }]) => [
      name,
      dtype === "int32"
        ? Int32Array.from({ length: elementCount(shape) }, (_, i) => (i * 7919) % vocabulary)
        : Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.02 * Math.sin(12.9898 * i)),
    ]),
  );

const load = (compiled, vocabulary) =>
  createSession(compiled, {
    feeds: arraysFor(compiled.inputs, vocabulary),
    fetches: arraysFor(compiled.outputs, vocabulary),
    threads: 1,
  });

/** Forward and backward pass of a GPT on one batch. */
export async function gptPassTask({ sizes, sequences }) {
  const { parameters, apply } = gpt2(sizes);
  const rows = sequences * sizes.context;
  const logits = apply(input("tokens", [sequences, sizes.context], "int32"), { training: true });
  const labels = input("targets", [rows], "int32");
  const loss = crossEntropy(reshape(logits, [-1, sizes.vocabulary]), labels);
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const outputs = Object.fromEntries(derivatives.map((tensor, i) => [`gradient ${i}`, tensor]));
  const compiled = compile({ loss, ...outputs });
  const feeds = arraysFor(compiled.inputs, sizes.vocabulary);
  initialiseParameters(parameters, 0, (name) => feeds[name]);
  const fetches = arraysFor(compiled.outputs, sizes.vocabulary);
  const session = await createSession(compiled, { feeds, fetches, threads: 1 });
  const call = async () => {
    await session.run();
    return fetches.loss[0];
  };
  return { call, check: call, release: () => session.release() };
}

/** One element of a product: the product is computed, and no output of its size copied. */
const computed = (product) =>
  slice(
    product,
    product.shape.map(() => 0),
    product.shape.map(() => 1),
  );

/** The three products of a linear layer on so many rows: forward, and the derivatives by input and weight. */
function linearProducts(name, rows, inputs, outputs) {
  const x = input(`${name} x`, [rows, inputs]);
  const dy = input(`${name} dy`, [rows, outputs]);
  const weight = input(`${name} weight`, [outputs, inputs]);
  return [matmul(x, weight, { transposeB: true }), matmul(dy, weight), matmul(dy, x, { transposeA: true })];
}

/** The six products of attention: scores and their weighted values, and the derivatives of both. */
function attentionProducts(batch, time, depth) {
  const [q, k] = ["q", "k"].map((name) => input(name, [...batch, time, depth]));
  const scores = input("scores", [...batch, time, time]);
  return [
    ...[matmul(q, k, { transposeB: true }), matmul(scores, k)],
    ...[matmul(k, q, { transposeB: true }), matmul(scores, q, { transposeA: true })],
    ...[matmul(scores, q), matmul(scores, k, { transposeA: true })],
  ];
}

/**
 * The matrix products of the same passes and nothing else, each of a shape of its own computed once, and a
 * block's counted as often as there are blocks.
 */
export async function gptProductsTask({ sizes: { layers, heads, width, context, vocabulary }, sequences }) {
  const rows = sequences * context;
  const block = [
    ...linearProducts("qkv", rows, width, 3 * width),
    ...attentionProducts([sequences, heads], context, width / heads),
    ...linearProducts("projection", rows, width, width),
    ...linearProducts("up", rows, width, 4 * width),
    ...linearProducts("down", rows, 4 * width, width),
  ];
  const head = linearProducts("head", rows, width, vocabulary);
  const [ofBlock, ofHead] = [block, head].map((products) =>
    compile(Object.fromEntries(products.map((product, i) => [`product ${i}`, computed(product)]))),
  );
  const [blockSession, headSession] = [await load(ofBlock, vocabulary), await load(ofHead, vocabulary)];
  const call = async () => {
    for (let layer = 0; layer < layers; layer++) await blockSession.run();
    await headSession.run();
    return 0;
  };
  const release = async () => {
    await blockSession.release();
    await headSession.release();
  };
  return { call, check: call, release };
}
