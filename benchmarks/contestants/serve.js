import { createInterface } from "node:readline";

/**
 * One contestant's process: reads one request a line on stdin, answers one line on stdout.
 * `prepare` gets a task and returns `{ call, check, release }`: one unit of the work (may be asynchronous),
 * a number that every contestant must agree on, and the freeing of its memory.
 * @param {(task: object) => Promise<{call: () => unknown, check: () => Promise<number> | number, release?: ()
 *   => unknown} | undefined>} prepare
 */
export async function serve(prepare) {
  let prepared;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let reply;
    try {
      if (request.command === "prepare") {
        prepared = await prepare(request.task);
        reply =
          prepared === undefined ? { supported: false } : { supported: true, check: await prepared.check() };
      } else if (request.command === "time") {
        reply = await time(prepared.call, request.seconds);
      } else if (request.command === "allocation") {
        reply = await allocation(prepared.call, request.calls);
      } else {
        await prepared?.release?.();
        prepared = undefined;
        reply = {};
      }
    } catch (error) {
      reply = { error: `${error.stack ?? error}` };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

/** Seconds from which on one call is a measurement by itself: what is done before it or in it does not count. */
const longCall = 2;

/**
 * Seconds per call: the median over blocks of calls, each long enough (2 ms) that reading the clock does not
 * count; of a long call the time of one.
 */
async function time(call, seconds) {
  const first = await repeat(call, 1);
  if (first >= longCall) return { secondsPerCall: first, calls: 1 };
  await repeat(call, 2);
  let callsPerBlock = 1;
  let block = await repeat(call, callsPerBlock);
  while (block < 0.002) {
    callsPerBlock *= 2;
    block = await repeat(call, callsPerBlock);
  }
  const blocks = [];
  for (let spent = 0; spent < seconds || blocks.length < 3; spent += block) {
    block = await repeat(call, callsPerBlock);
    blocks.push(block / callsPerBlock);
  }
  return {
    secondsPerCall: blocks.toSorted((a, b) => a - b)[blocks.length >> 1],
    calls: blocks.length * callsPerBlock,
  };
}

/**
 * Seconds that `count` calls take. Awaits only what is a promise: a synchronous call pays no turn of the
 * event loop.
 */
async function repeat(call, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = call();
    if (pending instanceof Promise) await pending;
  }
  return (performance.now() - start) / 1000;
}

/**
 * Growth of heap and external memory after collection over so many calls, in bytes. The process needs
 * --expose-gc.
 */
async function allocation(call, calls) {
  const measure = async () => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  await repeat(call, Math.min(calls, 2000));
  const before = await measure();
  await repeat(call, calls);
  return { bytes: (await measure()) - before };
}
