import type { Checkpointing } from "@steepest/memory";
import { InvalidArgumentError } from "commander";
import { countArgument } from "../../arguments.js";

const units: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** Reads a size: `32GB` (1e9 bytes each), `80GiB` (2^30), `500 MB`. */
export function sizeArgument(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?) *([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  if (factor === undefined)
    throw new InvalidArgumentError("Expected a size with its unit, for example 32GB, 80GiB or 500MB.");
  return Number(digits) * factor;
}

/** Reads what is recomputed: a kind by name, or `every=4`. */
export function checkpointArgument(text: string): Checkpointing {
  const every = /^every=(.*)$/.exec(text)?.[1];
  if (every !== undefined) return { kind: "every", layers: countArgument(every) };
  const kinds = ["none", "selective", "full", "half", "sqrt"] as const;
  const kind = kinds.find((candidate) => candidate === text);
  if (kind === undefined)
    throw new InvalidArgumentError(`Expected one of ${kinds.join(", ")}, or every=4 for every fourth layer.`);
  return { kind };
}

/** Reads how many parameters: `1.5e9`, `1.5B`, `124M`. */
export function parametersArgument(text: string): number {
  const [, digits = "", suffix = ""] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmbt]?)$/i.exec(text.trim()) ?? [];
  const factor = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[suffix.toLowerCase()];
  const value = digits === "" || factor === undefined ? Number.NaN : Number(digits) * factor;
  if (!(value >= 1 && Number.isFinite(value)))
    throw new InvalidArgumentError("Expected a number of parameters, for example 1.5e9, 1.5B or 124M.");
  return value;
}
