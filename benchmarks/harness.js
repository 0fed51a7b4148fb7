import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A contestant in a process of its own, asked one question at a time. */
export class Contestant {
  #child;
  #lines;
  #log = "";

  constructor(name, command, args) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        OMP_NUM_THREADS: "1",
        OPENBLAS_NUM_THREADS: "1",
        MKL_NUM_THREADS: "1",
        TF_CPP_MIN_LOG_LEVEL: "3",
      },
    });
    this.#child.stderr.on("data", (data) => {
      this.#log = (this.#log + data).slice(-4000);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Answers to a request; a dead process or a failed one throws with what it wrote to stderr. */
  async ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`${this.name} ended:\n${this.#log}`);
      // A library's own greeting on stdout is no answer.
      if (!value.startsWith("{")) continue;
      const reply = JSON.parse(value);
      if (reply.error !== undefined) throw new Error(`${this.name}: ${reply.error}`);
      return reply;
    }
  }

  close() {
    this.#child.stdin.end();
  }
}

/** A contestant written in JavaScript, from its file under contestants/. */
export const nodeContestant = (name, file) =>
  new Contestant(name, process.execPath, [
    "--expose-gc",
    fileURLToPath(new URL(`contestants/${file}`, import.meta.url)),
  ]);

/** PyTorch, or undefined where the python3 asked for has no torch. */
export async function torchContestant(name) {
  const python =
    process.env.STEEPEST_PYTHON ?? (process.platform === "linux" ? "/usr/bin/python3" : "python3");
  const contestant = new Contestant(name, python, [
    fileURLToPath(new URL("contestants/torch_peer.py", import.meta.url)),
  ]);
  try {
    await contestant.ask({ command: "release" });
    return contestant;
  } catch {
    return undefined;
  }
}

/**
 * Lets the entries do their task in turn, round after round, one at a time, so that a slow spell of the
 * machine falls on all of them. Returns name -> { seconds: one median a round, check }. Entries that do not
 * have the task are left out.
 * @param {readonly {name: string, contestant: Contestant, task: object}[]} entries
 */
export async function interleave(entries, { rounds, seconds }) {
  const results = new Map();
  const supporting = [];
  for (const entry of entries) {
    const { supported, check } = await entry.contestant.ask({ command: "prepare", task: entry.task });
    if (!supported) continue;
    supporting.push(entry);
    results.set(entry.name, { check, seconds: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, contestant } of supporting) {
      const { secondsPerCall } = await contestant.ask({ command: "time", seconds });
      results.get(name).seconds.push(secondsPerCall);
    }
  }
  for (const { contestant } of supporting) await contestant.ask({ command: "release" });
  return results;
}

/** Throws where contestants that claim to compute the same do not. */
export function requireAgreement(results, what, tolerance) {
  const checks = [...results].map(([name, { check }]) => ({ name, check }));
  const [first, ...others] = checks;
  for (const { name, check } of others) {
    if (!(Math.abs(check - first.check) <= tolerance * Math.max(1, Math.abs(first.check)))) {
      throw new Error(`${what}: ${first.name} computes ${first.check}, ${name} ${check}: not the same work`);
    }
  }
}

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Median and range of the ratio other / ours over rounds, each ratio within one round. */
export function ratio(other, ours) {
  const ratios = other.seconds.map((value, round) => value / ours.seconds[round]);
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
