import { type SafetensorsFile, type SafetensorsTensor, SteepestError } from "@steepest/optim";
import { isRecord, kindOf } from "./define.js";
import type { StateValue, SubmissionState } from "./submission.js";

/** The metadata key of what is no tensor. */
const metadataKey = "submission";

const kindOfValue = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string")
    return typeof value;
  if (value instanceof Float32Array) return `Float32Array of ${value.length}`;
  if (value instanceof Float64Array) return `Float64Array of ${value.length}`;
  if (value instanceof Int32Array) return `Int32Array of ${value.length}`;
  if (isRecord(value) && typeof value.saveState === "function" && typeof value.loadState === "function")
    return "something that saves itself";
  return undefined;
};

const isStateValue = (value: unknown): value is StateValue => kindOfValue(value) !== undefined;

/**
 * Checks that a state can be saved and, where there was one before, that it has the same names and kinds.
 * @throws SteepestError `invalid-value`
 */
export function checkedState(submission: string, value: unknown, before?: SubmissionState): SubmissionState {
  const refuse = (found: string) =>
    new SteepestError(
      "invalid-value",
      `the state of ${submission}: ${found}`,
      "Keep numbers, flags, texts, Float32Array, Float64Array, Int32Array and optimizers, under names that stay",
    );
  if (!isRecord(value)) throw refuse(`expected an object, found ${kindOf(value)}`);
  const state: SubmissionState = {};
  for (const [name, part] of Object.entries(value)) {
    if (!isStateValue(part)) throw refuse(`${name} is ${kindOf(part)}, which cannot be saved`);
    state[name] = part;
  }
  if (before === undefined) return state;
  for (const name of new Set([...Object.keys(before), ...Object.keys(state)])) {
    const [was, is] = [kindOfValue(before[name]), kindOfValue(state[name])];
    if (was !== is) throw refuse(`${name} was ${was ?? "absent"} and is now ${is ?? "absent"}`);
  }
  return state;
}

const tensorOf = (data: Float32Array | Float64Array | Int32Array): SafetensorsTensor => {
  const shape = [data.length];
  if (data instanceof Float32Array) return { dtype: "F32", shape, data: data.slice() };
  if (data instanceof Float64Array) return { dtype: "F64", shape, data: data.slice() };
  return { dtype: "I32", shape, data: data.slice() };
};

/** Everything of a submission's state, with what else is given as words. */
export function saveState(state: SubmissionState, words: Readonly<Record<string, string>>): SafetensorsFile {
  const tensors = new Map<string, SafetensorsTensor>();
  const metadata: Record<string, string> = {};
  const plain: Record<string, boolean | string> = {};
  for (const [name, value] of Object.entries(state)) {
    if (typeof value === "number")
      tensors.set(name, { dtype: "F64", shape: [], data: Float64Array.of(value) });
    else if (typeof value === "boolean" || typeof value === "string") plain[name] = value;
    else if ("saveState" in value) {
      const inner = value.saveState();
      for (const [key, tensor] of inner.tensors) tensors.set(`${name}/${key}`, tensor);
      for (const [key, text] of Object.entries(inner.metadata)) metadata[`${name}/${key}`] = text;
    } else tensors.set(name, tensorOf(value));
  }
  return { tensors, metadata: { ...metadata, [metadataKey]: JSON.stringify({ words, plain }) } };
}

/** The part of a file under a prefix. */
const part = ({ tensors, metadata }: SafetensorsFile, prefix: string): SafetensorsFile => ({
  tensors: new Map(
    [...tensors].flatMap(([key, tensor]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [],
    ),
  ),
  metadata: Object.fromEntries(
    Object.entries(metadata).flatMap(([key, text]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), text] as const] : [],
    ),
  ),
});

const mismatch = (what: string, found: string): SteepestError =>
  new SteepestError(
    "state-mismatch",
    `the saved state of the submission: ${what} is ${found}`,
    "Resume with the submission and the hyper-parameters that the run was started with",
  );

/**
 * Takes back a state: arrays and optimizers in place, the rest in a new object.
 * @returns the state and the words that were saved beside it
 * @throws SteepestError `state-mismatch` where it is of another submission; checked before anything changes,
 *   but for what optimizers check themselves
 */
export function loadState(
  state: SubmissionState,
  file: SafetensorsFile,
): { readonly state: SubmissionState; readonly words: Readonly<Record<string, unknown>> } {
  const { words, plain } = readMetadata(file.metadata[metadataKey]);
  const loaded: SubmissionState = { ...state };
  const copies: (() => void)[] = [];
  for (const [name, value] of Object.entries(state)) {
    if (typeof value === "boolean" || typeof value === "string") {
      const saved = plain[name];
      if (typeof saved !== typeof value || !isStateValue(saved)) throw mismatch(name, kindOf(saved));
      loaded[name] = saved;
      continue;
    }
    if (typeof value === "object" && "loadState" in value) {
      copies.push(() => value.loadState(part(file, `${name}/`)));
      continue;
    }
    const tensor = file.tensors.get(name);
    if (tensor === undefined) throw mismatch(name, "absent");
    if (typeof value === "number") {
      const [saved] = tensor.dtype === "F64" && tensor.shape.length === 0 ? tensor.data : [];
      if (saved === undefined) throw mismatch(name, `${tensor.dtype} [${tensor.shape.join(", ")}]`);
      loaded[name] = saved;
      continue;
    }
    const like = tensorOf(value);
    if (tensor.dtype !== like.dtype || tensor.shape.join() !== like.shape.join())
      throw mismatch(name, `${tensor.dtype} [${tensor.shape.join(", ")}]`);
    if (tensor.dtype === "F32" || tensor.dtype === "F64" || tensor.dtype === "I32") {
      const { data } = tensor;
      copies.push(() => value.set(data));
    }
  }
  for (const copy of copies) copy();
  return { state: loaded, words };
}

function readMetadata(text: string | undefined): {
  readonly words: Readonly<Record<string, unknown>>;
  readonly plain: Readonly<Record<string, unknown>>;
} {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    value = null;
  }
  if (!isRecord(value) || !isRecord(value.words) || !isRecord(value.plain))
    throw mismatch("its description", "absent or damaged");
  return { words: value.words, plain: value.plain };
}
