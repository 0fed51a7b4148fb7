/*
 * Bytes that a session of ONNX Runtime holds between runs, a node of its graph: GPTs of several depths, each
 * in a fresh process, several sessions at once. What `sessionBytesPerNode` of src/measure/predictedTerm.ts is chosen by.
 *
 *     npm run build && node packages/memory/dev/sessions.js
 */
import { loadMeasured, measuredSetting, measureMemory } from "@steepest/memory";

const write = (line) => process.stdout.write(`${line}\n`);

write("layers  nodes  session, MB  B a node, all counted");
for (const layers of [1, 4, 12, 24]) {
  const base = measuredSetting({ workload: "nanogpt-cpu", batchSize: 1 });
  const setting = { ...base, workload: { ...base.workload, layers, width: 64 }, steps: 1 };
  const { batchSize, seed, threads, accumulate, checkpointing } = setting;
  const loaded = await loadMeasured(setting.workload);
  const { nodeCount } = loaded.stepGraph({ batchSize, seed, threads, accumulate, checkpointing });
  const { terms, measured } = await measureMemory(setting);
  const { session } = measured.step;
  const predicted = terms.find(({ name }) => name === "session");
  write(
    [
      ...[layers, nodeCount, (session / 1e6).toFixed(2), Math.round(session / nodeCount)],
      `predicted ${(predicted.bytes / 1e6).toFixed(2)} MB (${predicted.formula})`,
    ].join("\t"),
  );
}
