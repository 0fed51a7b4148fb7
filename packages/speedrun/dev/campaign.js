/*
 * Tunes and races every submission of a track and keeps the records: the board that comes with the package.
 * Stop it whenever you like; the same command goes on where it was.
 *
 *   npm run build && STEEPEST_DATA=FOLDER node packages/speedrun/dev/campaign.js shakespeare-steps \
 *     --out runs/speedrun/shakespeare-steps [--workers 2] [--seeds 3] [--submissions adamw,muon] [--records DIR]
 */
import { parseArgs } from "node:util";
import {
  createExecutor,
  Interruption,
  judgeTarget,
  loadSpeedrunSubmission,
  loadTrack,
  runCampaign,
  shippedRecords,
  speedrunSubmissions,
} from "@steepest/speedrun";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    workers: { type: "string", default: "2" },
    seeds: { type: "string", default: "3" },
    submissions: { type: "string", default: speedrunSubmissions.join(",") },
    records: { type: "string", default: shippedRecords },
  },
});
const [name = "shakespeare-steps"] = positionals;
const track = await loadTrack(name);
const folder = values.out ?? `runs/speedrun/${track.name}`;
const workers = Number(values.workers);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

const began = performance.now();
const say = (line) =>
  process.stdout.write(`${((performance.now() - began) / 60e3).toFixed(1)} min  ${line}\n`);
const executor = createExecutor({
  workers,
  signal: stop.signal,
  onEvent(event) {
    if (event.kind === "notice") say(event.message);
    if (event.kind === "retried") say(`${event.job.label} is tried again: ${event.reason}`);
    if (event.kind !== "finished") return;
    const { job, outcome } = event;
    if (outcome.kind === "completed") {
      const { validation, cpuSeconds, steps } = outcome.result;
      const perStep = ((1e3 * cpuSeconds) / steps).toFixed(1);
      say(`${job.label}: ${validation.loss.toFixed(4)} after ${steps} steps, ${perStep} ms CPU each`);
    } else say(`${job.label}: ${outcome.kind}${"reason" in outcome ? `, ${outcome.reason}` : ""}`);
  },
});
const load = (submission) => loadSpeedrunSubmission(submission);
try {
  await runCampaign({
    ...{ track, folder, executor, workers },
    submissions: await Promise.all(values.submissions.split(",").map(load)),
    baseline: await load(track.baseline),
    seeds: Array.from({ length: Number(values.seeds) }, (_, seed) => seed),
    records: values.records,
    date: new Date().toISOString().slice(0, 10),
    onNotice: say,
    onSettings: (submission, { racer, tuning }) =>
      say(
        `${submission} is tuned: ${JSON.stringify(racer.settings)}${tuning?.outOfReach ? ", out of reach" : ""}`,
      ),
    onRecord({ submission, runs, settings }) {
      const losses = runs.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY);
      const { reached, reason } = judgeTarget(track, losses);
      say(`${submission.name}: ${settings.steps} steps, ${reached ? "reached" : "not reached"}: ${reason}`);
    },
  });
} catch (error) {
  if (!(error instanceof Interruption)) throw error;
  say("stopped; the same command goes on from here");
  process.exitCode = 130;
}
