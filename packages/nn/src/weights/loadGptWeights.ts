import type { FileHandle } from "node:fs/promises";
import {
  readSafetensorsIndex,
  type SafetensorsEntry,
  type SafetensorsIndex,
  SteepestError,
  safetensorsDataStart,
  unknownName,
} from "@steepest/optim";
import type { GptModel } from "../models/gpt2.js";
import { floatDecoder, floatElements } from "./elements.js";
import { bodyPrefix, type GptTensor, gptTensors, headName, isMask, transposeInto } from "./gptTensors.js";

/**
 * Reads a safetensors file of weights under Hugging Face's GPT-2 names into a model's parameters: with the
 * prefix `transformer.` or without, `Conv1D` weights transposed, float32 to the bit, float16 and bfloat16
 * exactly. Masks kept beside the weights are passed over, and so is the head of a model that ties it to the
 * token embedding, if the two are equal. Tensor by tensor: memory holds the largest one besides.
 *
 * Nothing is written where a name, shape, dtype or the head does not fit.
 *
 * @param parameter - the memory of a parameter, by name
 * @throws SteepestError `unavailable` where there is no such file, `malformed-file` where it is no safetensors
 *   file or cut short, `unknown-name` for a tensor that the model does not have, `state-mismatch` where it
 *   lacks one or unties the head, `shape-mismatch`, or `invalid-value` for another dtype
 */
export async function loadGptWeights(
  model: GptModel,
  path: string,
  parameter: (name: string) => Float32Array,
): Promise<void> {
  // Imported only here: everything else in this package also works in the browser.
  const { open } = await import("node:fs/promises");
  const file = await open(path).catch((cause: unknown) => {
    throw new SteepestError(
      "unavailable",
      `the weights ${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Give the path of a .safetensors file",
      { cause },
    );
  });
  try {
    const index = await readIndex(file, path);
    const found = entriesByName(index, path);
    const tensors = gptTensors(model);
    for (const tensor of tensors) checkEntry(tensor, found.get(tensor.name), path);
    const head = checkSurplus(tensors, [...found.values()], path);
    if (head !== undefined) {
      const table = await readFloats(file, index, found.get("wte.weight"), path);
      checkTied(table, await readFloats(file, index, head, path), path);
    }
    for (const tensor of tensors) {
      const values = await readFloats(file, index, found.get(tensor.name), path);
      const view = parameter(tensor.parameter.name);
      if (tensor.transposed) transposeInto(values, view, tensor.shape);
      else view.set(values);
    }
  } finally {
    await file.close();
  }
}

async function readIndex(file: FileHandle, path: string): Promise<SafetensorsIndex> {
  const { size } = await file.stat();
  try {
    const dataStart = safetensorsDataStart(await readBytes(file, 0, Math.min(8, size)), size);
    return readSafetensorsIndex(await readBytes(file, 0, dataStart), size);
  } catch (cause) {
    if (!(cause instanceof SteepestError)) throw cause;
    throw new SteepestError(cause.code, `${path} is ${cause.problem}`, cause.fix, { cause });
  }
}

async function readBytes(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

async function readFloats(
  file: FileHandle,
  { dataStart }: SafetensorsIndex,
  entry: SafetensorsEntry | undefined,
  path: string,
): Promise<Float32Array> {
  const decode = entry && floatDecoder(entry.dtype);
  if (entry === undefined || decode === undefined) throw new Error("internal: an entry was not checked");
  const bytes = await readBytes(file, dataStart + entry.begin, entry.end - entry.begin);
  if (bytes.length === entry.end - entry.begin) return decode(bytes.buffer);
  throw new SteepestError(
    "malformed-file",
    `${path} became shorter while it was read`,
    "Load it again when whoever writes it is done",
  );
}

/** The entries by their names without prefix, masks left out. */
function entriesByName({ entries }: SafetensorsIndex, path: string): Map<string, SafetensorsEntry> {
  const found = new Map<string, SafetensorsEntry>();
  for (const entry of entries) {
    const name = entry.name.startsWith(bodyPrefix) ? entry.name.slice(bodyPrefix.length) : entry.name;
    if (isMask(name)) continue;
    if (found.has(name))
      throw new SteepestError(
        "malformed-file",
        `${path} holds "${name}" twice, with the prefix "${bodyPrefix}" and without`,
        "Leave one of them out of the file",
      );
    found.set(name, entry);
  }
  return found;
}

const written = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

function checkEntry(
  { name, shape, transposed }: GptTensor,
  entry: SafetensorsEntry | undefined,
  path: string,
): void {
  if (entry === undefined)
    throw new SteepestError(
      "state-mismatch",
      `${path} lacks "${name}" ${written(shape)}, which the model has`,
      "Load it into a model of the same layers, biases and head, or complete the file",
    );
  if (String(entry.shape) !== String(shape)) {
    const isTurned = transposed && String(entry.shape) === String(shape.toReversed());
    throw new SteepestError(
      "shape-mismatch",
      `"${name}" is ${written(entry.shape)} in ${path}, and the model needs ${written(shape)} there`,
      isTurned
        ? "Transpose it: Hugging Face keeps the weights of GPT-2's projections as [inputs, outputs]"
        : "Build the model with the sizes that the file was written with",
    );
  }
  if (floatDecoder(entry.dtype) === undefined)
    throw new SteepestError(
      "invalid-value",
      `"${name}" has the dtype ${entry.dtype} in ${path}, expected one of ${floatElements.join(", ")}`,
      "Convert the file to F32",
    );
}

/** Refuses what the model has no place for; the head of a tied model, which may be there, is returned. */
function checkSurplus(
  tensors: readonly GptTensor[],
  entries: readonly SafetensorsEntry[],
  path: string,
): SafetensorsEntry | undefined {
  const known = new Set(tensors.map(({ name }) => name));
  const surplus = entries.filter(({ name }) => !known.has(name.replace(bodyPrefix, "")));
  const wrong = surplus.find(({ name }) => name !== headName);
  if (wrong !== undefined) {
    const unknown = unknownName(`tensor in ${path}:`, wrong.name, [...known]);
    throw new SteepestError(
      unknown.code,
      unknown.problem,
      `${unknown.fix}. Load it into a model of the same layers and biases`,
    );
  }
  const [head] = surplus;
  const table = tensors.find(({ name }) => name === "wte.weight");
  if (head !== undefined && table !== undefined) checkEntry({ ...table, name: headName }, head, path);
  return head;
}

function checkTied(table: Float32Array, head: Float32Array, path: string): void {
  if (head.every((value, i) => Object.is(value, table[i]))) return;
  throw new SteepestError(
    "state-mismatch",
    `${path} has a head of its own: "${headName}" differs from "wte.weight"`,
    'Build the model with head: "own"',
  );
}
