/**
 * Readings of the three clocks that are not the step counter, in seconds since the run began, pauses and
 * resumes left out.
 */
export interface ClockReading {
  /** Wall time of training: compiling the network, gradients, updates, preparing the weights to evaluate with. */
  readonly seconds: number;
  /** CPU time of the whole process (all threads, user + system) during that work. */
  readonly cpuSeconds: number;
  /** Wall time spent in evaluations. */
  readonly evaluationSeconds: number;
  /** Wall time spent writing measurements and checkpoints. */
  readonly loggingSeconds: number;
}

/** What the time that passes is spent on; `idle` is counted nowhere. */
export type Activity = "idle" | "training" | "evaluation" | "logging";

/** A stopwatch with one hand per activity; only one moves at a time. */
export interface Clock {
  /** Ends the current activity and begins another. */
  switchTo(activity: Activity): void;
  /** The sums up to the last switch. */
  read(): ClockReading;
}

/** Sources of time, in seconds; replaced in tests. */
export interface TimeSource {
  wall(): number;
  cpu(): number;
}

const processTime: TimeSource = {
  wall: () => performance.now() / 1e3,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

/** A stopped clock that goes on from an earlier reading. */
export function createClock(
  start: ClockReading = { seconds: 0, cpuSeconds: 0, evaluationSeconds: 0, loggingSeconds: 0 },
  time: TimeSource = processTime,
): Clock {
  const sums = { ...start };
  let activity: Activity = "idle";
  let wallStart = 0;
  let cpuStart = 0;
  return {
    switchTo(next) {
      const wall = time.wall();
      const cpu = time.cpu();
      if (activity === "training") {
        sums.seconds += wall - wallStart;
        sums.cpuSeconds += cpu - cpuStart;
      } else if (activity === "evaluation") {
        sums.evaluationSeconds += wall - wallStart;
      } else if (activity === "logging") {
        sums.loggingSeconds += wall - wallStart;
      }
      activity = next;
      wallStart = wall;
      cpuStart = cpu;
    },
    read: () => ({ ...sums }),
  };
}
