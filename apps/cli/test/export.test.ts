import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeSafetensors, parseOptimizerSpec } from "@steepest/optim";
import { openTrained, train } from "@steepest/train";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { typed } from "./typed.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const at = (path: string): string => join(folder, path);

/** `steepest export` of a run of the folder. */
const exported = (run: string, ...args: readonly string[]) => typed("export", at(run), ...args);

/** A run that was left after its first step and checkpoint, before anything was evaluated. */
async function begunRun(workload: string, name: string): Promise<void> {
  const run = train({
    ...{ workload, optimizer: parseOptimizerSpec("adam"), batchSize: 1, steps: 9 },
    ...{ folder: at(name), checkpointEvery: 1 },
  });
  for await (const { kind } of run) {
    expect(kind).not.toBe("evaluation");
    if (kind === "checkpoint") break;
  }
}

describe("steepest export", () => {
  beforeAll(async () => {
    await begunRun("procedural-language", "run");
  });

  it("writes weights and model of the last checkpoint, and says which files", async () => {
    const [weightsPath, onnxPath] = [at("gpt.safetensors"), at("made/gpt.onnx")];
    const both = ["--safetensors", weightsPath, "--onnx", onnxPath, "--length", "8", "--sequences", "2"];
    const { code, stdout } = await exported("run", ...both, "--json");
    expect(code).toBe(0);
    const weights = await readFile(weightsPath);
    const onnx = await readFile(onnxPath);
    expect(JSON.parse(stdout)).toEqual({
      ...{ folder: at("run"), workload: "procedural-language", step: 1 },
      files: [
        { path: weightsPath, bytes: weights.length },
        { path: onnxPath, bytes: onnx.length },
      ],
    });
    const { parameter } = await openTrained(at("run"));
    const { tensors } = decodeSafetensors(weights);
    expect(tensors.size).toBe(27);
    expect(tensors.get("transformer.wte.weight")?.data).toEqual(parameter("wte.weight"));

    const session = await InferenceSession.create(onnxPath);
    const ids = new Tensor("int64", new BigInt64Array(16).fill(5n), [2, 8]);
    const { logits } = await session.run({ input_ids: ids });
    await session.release();
    expect(logits?.dims).toEqual([2, 8, 65]);
  });

  it("refuses to write nothing, more than the context, and what is no run of a language", async () => {
    const nothing = await exported("run");
    expect(nothing).toMatchObject({ code: 2, stdout: "" });
    expect(nothing.stderr).toMatch(/--safetensors FILE, --onnx FILE or both/);
    const aimless = await exported("run", "--safetensors", at("x"), "--length", "8");
    expect(aimless).toMatchObject({ code: 2, stdout: "" });
    expect(aimless.stderr).toMatch(/there is no --onnx/);
    const long = await exported("run", "--onnx", at("long.onnx"), "--length", "65");
    expect(long.code).toBe(1);
    expect(long.stderr).toMatch(/65 tokens are longer than the context of 64/);
    await begunRun("least-squares", "linear");
    const other = await exported("linear", "--onnx", at("x.onnx"));
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/least-squares, whose model is no GPT/);
  });
});
