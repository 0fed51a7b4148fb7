import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { checkOnnx } from "../../../graph/test/onnxChecker.js";
import { drawTokens, gptVariants, named, noisyValues, singles, smallGpt } from "../../test/gptCases.js";
import { literalLogits } from "../../test/literalGpt.js";
import { gpt2 } from "../models/gpt2.js";
import { exportGpt } from "./exportGpt.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

/** What a file makes of tokens, in ONNX Runtime. */
async function logitsOf(path: string, tokens: Int32Array, shape: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(path);
  const ids = new Tensor("int64", BigInt64Array.from(tokens, BigInt), shape);
  const { logits } = await session.run({ input_ids: ids });
  await session.release();
  return logits?.data instanceof Float32Array ? logits.data : expect.unreachable("no logits");
}

describe("exportGpt", () => {
  it.each(Object.entries(gptVariants))(
    "writes ONNX whose logits are the model's to 1e-4: %s",
    async (_, options) => {
      const model = gpt2({ ...options, dropout: 0.5 });
      const values = noisyValues(model);
      const single = singles(values);
      const path = join(folder, "model.onnx");
      const files = await exportGpt(model, path, (name) => single[name] ?? expect.unreachable(name), {
        sequences: 2,
      });
      expect(files).toEqual([path]);
      const bytes = await readFile(path);
      expect(checkOnnx(bytes)).toEqual([]);
      expect(bytes.includes("com.microsoft")).toBe(false);
      const tokens = drawTokens("exported", 2 * options.context, options.vocabulary);
      const found = await logitsOf(path, tokens, [2, options.context]);
      const expected = literalLogits(options, (name) => named(values, name), tokens);
      expect(found).toHaveLength(expected.length);
      for (const [i, value] of expected.entries())
        expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(1e-4);
    },
  );

  it("writes the length asked for; what stands behind a token does not change its logits", async () => {
    const model = gpt2(smallGpt);
    const single = singles(noisyValues(model));
    const view = (name: string) => single[name] ?? expect.unreachable(name);
    const [short, long] = [join(folder, "short.onnx"), join(folder, "long.onnx")];
    expect(await exportGpt(model, short, view, { time: 3, weightsBeside: true })).toEqual([
      short,
      `${short}.data`,
    ]);
    await exportGpt(model, long, view);
    const alone = await logitsOf(short, Int32Array.of(4, 2, 6), [1, 3]);
    const followed = await logitsOf(long, Int32Array.of(4, 2, 6, 1, 5), [1, 5]);
    expect(alone).toHaveLength(3 * 7);
    for (const [i, value] of alone.entries()) expect(followed[i]).toBeCloseTo(value, 5);
    await expect(exportGpt(model, long, view, { time: 6 })).rejects.toThrow(/context of 5/);
    await expect(exportGpt(model, long, view, { sequences: 0 })).rejects.toThrow(/sequences/);
  });
});
