import { findWorkload, type LoadedWorkload, metricOf, type Workload } from "@steepest/workloads";
import { runTrial } from "../trial/trial.js";
import { heartbeatPeriod, type Reply, type Request, requestSchema } from "./messages.js";
import { obstacleOf } from "./obstacle.js";

/**
 * The process of one worker: runs the trials that the pool sends, one after the other, and loads each data
 * set once. It saves and ends when told to stop, and ends at once when the pool is gone: no orphan goes on
 * computing.
 */
const stopping = new AbortController();
const workloads = new Map<string, Workload>();

const send = (reply: Reply): void => {
  if (process.connected) process.send?.(reply);
};

/** The registered workload, whose data are loaded at the first call and shared by all further ones. */
function workloadOnce(name: string): Workload {
  const known = workloads.get(name);
  if (known !== undefined) return known;
  const workload = findWorkload(name);
  let loading: Promise<LoadedWorkload> | undefined;
  const shared: Workload = {
    ...workload,
    load(options) {
      loading ??= workload.load(options);
      return loading;
    },
  };
  workloads.set(name, shared);
  return shared;
}

async function run({ folder, trial }: Extract<Request, { kind: "run" }>): Promise<void> {
  try {
    const workload = workloadOnce(trial.workload);
    const measurements = runTrial(folder, trial, { workload, signal: stopping.signal });
    for (;;) {
      const { value, done } = await measurements.next();
      if (done) {
        send({ kind: value.kind === "interrupted" ? "interrupted" : "finished" });
        break;
      }
      if (value.kind === "notice") send({ kind: "notice", message: value.message });
      else if (value.kind === "evaluation") {
        const { step, validation } = value;
        const measured = metricOf(validation, workload.target.metric);
        send({ kind: "progress", step, ...(Number.isNaN(measured) ? {} : { value: measured }) });
      }
    }
  } catch (error) {
    const obstacle = obstacleOf(error);
    send({
      kind: "failed",
      reason: error instanceof Error ? error.message : String(error),
      ...(obstacle === undefined ? {} : { obstacle }),
    });
  }
  if (stopping.signal.aborted) process.disconnect();
}

let current: Promise<void> | undefined;
setInterval(() => send({ kind: "heartbeat" }), heartbeatPeriod).unref();
process.on("message", (message) => {
  const request = requestSchema.parse(message);
  if (request.kind === "run") {
    current = run(request).finally(() => {
      current = undefined;
    });
    return;
  }
  stopping.abort();
  if (current === undefined) process.disconnect();
});
process.on("disconnect", () => process.exit());
// A terminal sends Ctrl-C to the whole group, and a scheduler its signals to every process of a job: the pool
// decides when its workers end.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
