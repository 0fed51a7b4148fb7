import { mlp } from "@steepest/nn";
import type { ParameterSpec } from "@steepest/optim";
import { type MemoryModel, parameterSpec, type SavedElements, type Transformer } from "./model.js";
import { requireSizes, requireTransformer } from "./sizes.js";

/** The sizes of a vision transformer. */
export interface VitSizes {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly inner: number;
  readonly image: number;
  readonly patch: number;
  readonly channels: number;
  readonly classes: number;
}

/**
 * A vision transformer with a class token: (image/patch)² + 1 places a sequence. Parameters have the names of
 * Hugging Face's `ViTForImageClassification`.
 * @throws SteepestError `invalid-value` for sizes that are none
 */
export function vitModel(name: string, sizes: VitSizes): MemoryModel {
  const { layers, heads, width, inner, image, patch, channels, classes } = sizes;
  requireSizes(name, { image, patch, channels, classes });
  const context = Math.floor(image / patch) ** 2 + 1;
  const architecture: Transformer = {
    ...{ kind: "transformer", layers, width, heads, keyValueHeads: heads, headWidth: width / heads },
    ...{ inner, gated: false, dropout: false, vocabulary: 0, classes, context, fixedSequence: true },
  };
  requireTransformer(name, architecture);
  const linear = (own: string, outputs: number, inputs: number, role: ParameterSpec["role"]) => [
    parameterSpec(`${own}.weight`, [outputs, inputs], role),
    parameterSpec(`${own}.bias`, [outputs], "bias"),
  ];
  const norm = (own: string) => [
    parameterSpec(`${own}.weight`, [width], "norm"),
    parameterSpec(`${own}.bias`, [width], "norm"),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const own = `vit.encoder.layer.${layer}`;
    const attention = `${own}.attention.attention`;
    return [
      ...norm(`${own}.layernorm_before`),
      ...["query", "key", "value"].flatMap((part) =>
        linear(`${attention}.${part}`, width, width, "hiddenMatrix"),
      ),
      ...linear(`${own}.attention.output.dense`, width, width, "hiddenMatrix"),
      ...norm(`${own}.layernorm_after`),
      ...linear(`${own}.intermediate.dense`, inner, width, "hiddenMatrix"),
      ...linear(`${own}.output.dense`, width, inner, "hiddenMatrix"),
    ];
  });
  const embeddings = "vit.embeddings";
  const parameters = [
    parameterSpec(`${embeddings}.cls_token`, [1, 1, width], "other"),
    parameterSpec(`${embeddings}.position_embeddings`, [1, context, width], "embedding"),
    parameterSpec(
      `${embeddings}.patch_embeddings.projection.weight`,
      [width, channels, patch, patch],
      "convolution",
    ),
    parameterSpec(`${embeddings}.patch_embeddings.projection.bias`, [width], "bias"),
    ...blocks.flat(),
    ...norm("vit.layernorm"),
    ...linear("classifier", classes, width, "head"),
  ];
  return { name, parameters, blocks, architecture, notes: [] };
}

/** The sizes of a residual network of bottleneck blocks. */
export interface ResnetSizes {
  readonly depths: readonly number[];
  readonly image: number;
  readonly classes: number;
}

/** A bottleneck's output is so many times wider than its inner convolution. */
const expansion = 4;

/**
 * A ResNet of bottleneck blocks (ResNet-50: depths 3, 4, 6, 3), its stride in the 3×3 convolution as
 * torchvision has it. Kept for the backward pass: the input of every convolution (also the output of the ReLU
 * before it), the input of every batch norm, the places that max pooling took.
 * @throws SteepestError `invalid-value` for sizes that are none
 */
export function resnetModel(name: string, { depths, image, classes }: ResnetSizes): MemoryModel {
  requireSizes(name, { image, classes, stages: depths.length });
  depths.forEach((depth) => {
    requireSizes(name, { depths: depth });
  });
  const parameters: ParameterSpec[] = [];
  let normInputs = 0;
  const convolution = (own: string, outputs: number, inputs: number, kernel: number, side: number) => {
    parameters.push(
      parameterSpec(`${own}.conv.weight`, [outputs, inputs, kernel, kernel], "convolution"),
      parameterSpec(`${own}.norm.weight`, [outputs], "norm"),
      parameterSpec(`${own}.norm.bias`, [outputs], "norm"),
    );
    normInputs += outputs * side * side;
    return outputs * side * side;
  };
  let side = Math.ceil(image / 2);
  const stem = 64;
  const stemOutput = convolution("stem", stem, 3, 7, side);
  let inputs = 3 * image * image + stemOutput;
  side = Math.ceil(side / 2);
  const pooled = stem * side * side;
  let channels = stem;
  for (const [stage, depth] of depths.entries()) {
    const width = stem * 2 ** stage;
    for (let block = 0; block < depth; block++) {
      const own = `stages.${stage}.${block}`;
      const halves = stage > 0 && block === 0;
      // The block's input, kept for its first convolution.
      inputs += channels * side * side;
      if (halves) side = Math.ceil(side / 2);
      const wide = halves ? 2 * side : side;
      inputs += convolution(`${own}.0`, width, channels, 1, wide);
      inputs += convolution(`${own}.1`, width, width, 3, side);
      convolution(`${own}.2`, expansion * width, width, 1, side);
      if (block === 0) convolution(`${own}.shortcut`, expansion * width, channels, 1, side);
      channels = expansion * width;
    }
  }
  inputs += channels * side * side;
  parameters.push(
    parameterSpec("classifier.weight", [classes, channels], "head"),
    parameterSpec("classifier.bias", [classes], "bias"),
  );
  const saved: readonly SavedElements[] = [
    { name: "inputs of convolutions", elements: inputs + channels },
    { name: "inputs of batch norms", elements: normInputs },
    { name: "places of max pooling", elements: pooled, bytesEach: 8 },
  ];
  return {
    ...{ name, parameters, blocks: [], notes: [] },
    architecture: { kind: "layered", saved, outputs: classes },
  };
}

/**
 * Our multi-layer perceptron: `mlp` of `@steepest/nn`. Kept for the backward pass: the input of every layer.
 * @throws SteepestError `invalid-value` for widths that are none
 */
export function mlpModel(name: string, widths: readonly number[]): MemoryModel {
  widths.forEach((width) => {
    requireSizes(name, { width });
  });
  const parameters = mlp(widths).parameters.map(({ name: own, shape, role }) =>
    parameterSpec(own, shape, role),
  );
  const inputs = widths.slice(0, -1).reduce((sum, width) => sum + width, 0);
  const saved = [{ name: "inputs of linear layers", elements: inputs }];
  return {
    ...{ name, parameters, blocks: [], notes: [] },
    architecture: { kind: "layered", saved, outputs: widths.at(-1) ?? 0 },
  };
}
