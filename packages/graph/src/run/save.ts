import { encodeModel, type OnnxGraph } from "../onnx/model.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TensorArray } from "./arrays.js";
import { type CompiledGraph, onnxGraph } from "./compile.js";

/**
 * Writes the ONNX model to a file that ONNX Runtime reads. The file appears whole or not at all: it is
 * written beside its place under a temporary name, synchronised, and renamed.
 */
export async function saveModel(compiled: CompiledGraph, path: string): Promise<void> {
  await writeWhole(path, [compiled.onnx]);
}

/** What is not usual about an exported model. */
export interface ExportOptions {
  /** Values of inputs, by name, that become weights in the file; the other inputs stay to be fed. */
  readonly weights: Readonly<Record<string, TensorArray>>;
  /**
   * Whether the weights lie in a second file, `<path>.data`, which has to stay beside the first. Default:
   * where one file would reach the 2 GiB that the format allows.
   */
  readonly weightsBeside?: boolean;
}

/** An ONNX file is one protobuf message, of less than 2³¹ bytes; a part of them is for the graph. */
const mostWeightBytes = 2 ** 31 - 2 ** 26;

/** Weights in a file of their own begin where memory pages do, so that runtimes can map the file. */
const page = 4096;

/**
 * Writes tensors, and all that they depend on, as an ONNX file for any runtime: only ONNX's own operators
 * (opset 20), with weights inside. Each file appears whole or not at all.
 *
 * @param outputs the tensors to return from a run, by name
 * @returns the paths of the files, the model's first
 * @throws GraphError `misuse` without outputs, `unknown-name`, `dtype-mismatch` or `shape-mismatch` for
 *   weights that do not fit
 */
export async function exportModel(
  outputs: Readonly<Record<string, Tensor>>,
  path: string,
  options: ExportOptions,
): Promise<readonly string[]> {
  const graph = onnxGraph(outputs, options.weights, true);
  const weights = graph.initializers.filter(({ isWeight }) => isWeight);
  const total = weights.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (!(options.weightsBeside ?? total > mostWeightBytes)) {
    await writeWhole(path, [encodeModel(graph)]);
    return [path];
  }
  const dataPath = `${path}.data`;
  const { basename } = await import("node:path");
  const { offsets, parts } = onPages(weights);
  // The model last: it never names a file that is not there.
  await writeWhole(dataPath, parts);
  await writeWhole(path, [encodeModel(graph, { file: basename(dataPath), offsets })]);
  return [path, dataPath];
}

/** Weights one after the other, each from the beginning of a page. */
function onPages(weights: OnnxGraph["initializers"]) {
  const offsets = new Map<string, number>();
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const { name, bytes } of weights) {
    const gap = (page - (end % page)) % page;
    parts.push(new Uint8Array(gap), bytes);
    offsets.set(name, end + gap);
    end += gap + bytes.length;
  }
  return { offsets, parts };
}

async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  // Imported only here: everything else in this package also works in the browser.
  const { open, rename, rm, writeFile } = await import("node:fs/promises");
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await writeFile(file, parts);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
