import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CompiledGraph } from "../src/run/compile.js";
import { createSession, type SessionOptions } from "../src/run/session.js";

/** A node as it ran. */
export interface RunNode {
  readonly name: string;
  /** The types of its results, each as ONNX Runtime's name of the element type and the shape. */
  readonly types: readonly (readonly [type: string, shape: readonly number[]])[];
}

/** One entry of ONNX Runtime's profile. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly args: { readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[] };
}

/** Runs a graph once, filling the fetches; its nodes in the order in which they ran. */
export async function profiledRun(
  compiled: CompiledGraph,
  options: SessionOptions,
): Promise<readonly RunNode[]> {
  const folder = mkdtempSync(join(tmpdir(), "steepest-profile-"));
  try {
    const session = await createSession(compiled, { ...options, profilePrefix: join(folder, "run") });
    await session.run();
    await session.release();
    const [file = ""] = readdirSync(folder);
    const events: readonly ProfileEvent[] = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return events
      .filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"))
      .sort((a, b) => a.ts - b.ts)
      .map(({ name, args }) => ({
        name: name.replace("_kernel_time", ""),
        types: (args.output_type_shape ?? []).flatMap((type) => Object.entries(type)),
      }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
