import { existsSync } from "node:fs";
import { join } from "node:path";
import { SteepestError } from "@steepest/optim";
import { readConfig } from "./files/config.js";
import { readOnnxModel } from "./files/onnx.js";
import { readSafetensorsModel } from "./files/safetensors.js";
import type { MemoryModel } from "./model.js";
import { namedModel } from "./named.js";

/** What a file's ending says of it, the longest ending first. */
const readers: readonly (readonly [string, (path: string) => MemoryModel])[] = [
  [".safetensors.index.json", readSafetensorsModel],
  [".json", readConfig],
  [".safetensors", readSafetensorsModel],
  [".onnx", readOnnxModel],
];

/**
 * The model that a user names: one by name, widths of a perceptron, a `config.json` of Hugging Face (or a folder
 * that has one), weights in safetensors (one file, or the index of several), or an ONNX file.
 * @throws SteepestError `unknown-name` with the nearest name; `unavailable` and `malformed-file` for files that
 *   cannot be read or are not what they should be; `invalid-value` for sizes that make no model
 */
export function findModel(source: string): MemoryModel {
  const lower = source.toLowerCase();
  const reader = readers.find(([ending]) => lower.endsWith(ending));
  if (reader !== undefined) return reader[1](source);
  if (!source.includes("/") && !source.includes("\\")) return namedModel(source);
  const config = join(source, "config.json");
  if (existsSync(config)) return readConfig(config);
  throw new SteepestError(
    "unavailable",
    `${source} is neither a model's file (.json, .safetensors, .onnx) nor a folder with a config.json`,
    "Name one of these, or a model by name: steepest memory --help",
  );
}
