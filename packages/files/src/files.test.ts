import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../test/temporaryFolder.js";
import { writeFileAtomically, writeJsonAtomically } from "./atomic.js";
import { cacheFolder } from "./cache.js";
import { download, sha256Of } from "./download.js";
import { makeFolder, makeNewFolder } from "./folder.js";
import { folderHolder, lockFile, lockFolder } from "./lock.js";
import { readIfPresent, readTextIfPresent } from "./read.js";

let folder: string;
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("writeFileAtomically", () => {
  it("makes parents, replaces content and leaves no temporary file", async () => {
    const path = join(folder, "a", "b", "file.txt");
    await writeFileAtomically(path, "one");
    await writeFileAtomically(path, new Uint8Array([50]));
    expect(await readFile(path, "utf8")).toBe("2");
    expect(await readdir(join(folder, "a", "b"))).toEqual(["file.txt"]);
  });

  it("writes parts one after the other, and nothing where making one fails", async () => {
    const path = join(folder, "parts");
    await writeFileAtomically(path, [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    function* parts() {
      yield Uint8Array.of(4);
      throw new Error("no more");
    }
    await expect(writeFileAtomically(path, parts())).rejects.toThrow("no more");
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("leaves the old content and no temporary file where it fails", async () => {
    const target = join(folder, "taken");
    await mkdir(join(target, "inside"), { recursive: true });
    await expect(writeFileAtomically(target, "x")).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(await readdir(target)).toEqual(["inside"]);
  });

  it("lets many writers of one file race: the last rename wins whole", async () => {
    const path = join(folder, "raced");
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
  });
});

describe("readIfPresent", () => {
  it("gives what was written, and undefined for a file that is not there", async () => {
    const path = join(folder, "data.json");
    await writeJsonAtomically(path, { name: "é" });
    expect(JSON.parse((await readTextIfPresent(path)) ?? "")).toEqual({ name: "é" });
    expect(await readIfPresent(join(folder, "nowhere", "file"))).toBeUndefined();
    expect(await readTextIfPresent(join(path, "inside"))).toBeUndefined();
  });

  it("does not take a file that cannot be read for none", async () => {
    await expect(readIfPresent(folder)).rejects.toMatchObject({ code: "EISDIR" });
  });
});

describe("makeFolder", () => {
  it("makes missing parents, also when asked twice at once", async () => {
    const path = join(folder, "deep", "er", "est");
    await Promise.all([makeFolder(path), makeFolder(path)]);
    await makeFolder(path);
    expect(await readdir(join(folder, "deep", "er"))).toEqual(["est"]);
  });

  it("refuses a path through a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file", "inside"))).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  });

  it.runIf(process.platform === "linux")("returns where the system makes no folders", async () => {
    await expect(makeFolder("/proc/steepest/inside")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("makeNewFolder", () => {
  it("never gives the same folder twice", async () => {
    const parent = join(folder, "runs");
    const made = await Promise.all(Array.from({ length: 5 }, () => makeNewFolder(parent, "run")));
    expect(new Set(made).size).toBe(5);
    expect((await readdir(parent)).sort()).toEqual(["run", "run-2", "run-3", "run-4", "run-5"]);
  });
});

describe("lockFolder", () => {
  // Side by side where a test mostly waits: a refusal takes two seconds.
  it.concurrent("gives a folder to one holder at a time, and names the holder", async () => {
    const place = join(folder, "locked");
    const { release } = await lockFolder(place);
    const refused = lockFolder(place);
    await expect(refused).rejects.toMatchObject({ name: "FileError", code: "in-use" });
    await expect(refused).rejects.toThrow(`in use by process ${process.pid}`);
    await release();
    expect(await readdir(place)).toEqual([]);
    await (await lockFolder(place)).release();
  });

  it.concurrent("waits for a holder that is about to end", async () => {
    const place = join(folder, "waited");
    const { release } = await lockFolder(place);
    setTimeout(release, 200);
    await (await lockFolder(place)).release();
  });

  it.concurrent("takes over from processes that are gone, whatever they left", async () => {
    const place = join(folder, "left");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const left = [JSON.stringify({ pid }), "", "{", "[]"];
    // The number of a process that is gone may be another's today.
    if (process.platform === "linux") left.push(JSON.stringify({ pid: process.pid, began: "earlier" }));
    await mkdir(place);
    await writeFile(join(place, ".hidden.tmp"), "a user's own");
    for (const text of left) {
      await writeFile(join(place, `.result.json.${randomUUID()}.tmp`), "{ half writ");
      await writeFile(join(place, lockFile), text);
      await (await lockFolder(place)).release();
      expect(await readdir(place)).toEqual([".hidden.tmp"]);
    }
  });

  it.concurrent("lets one of many take over", async () => {
    const place = join(folder, "contended");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await mkdir(place);
    await writeFile(join(place, lockFile), JSON.stringify({ pid }));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(place)));
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it.concurrent("respects a living process", async () => {
    const place = join(folder, "living");
    const other = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
    await mkdir(place);
    await writeFile(join(place, lockFile), JSON.stringify({ pid: other.pid }));
    await expect(lockFolder(place)).rejects.toThrow(`process ${other.pid}`);
    expect(await folderHolder(place)).toMatchObject({ pid: other.pid, isHere: true });
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(await folderHolder(place)).toBeUndefined();
    await (await lockFolder(place)).release();
  });

  describe.concurrent("on another machine", () => {
    const elsewhere = JSON.stringify({ pid: process.pid, host: "elsewhere", place: "another machine" });

    it("respects a process that gives signs of life, whatever the clocks say", async () => {
      const place = join(folder, "signs");
      await mkdir(place);
      await writeFile(join(place, lockFile), elsewhere);
      let time = 1e9;
      const signs = setInterval(() => utimes(join(place, lockFile), time, --time), 100);
      const refused = lockFolder(place, { silence: 1.5 });
      await expect(refused).rejects.toThrow(`in use by process ${process.pid} on elsewhere`);
      clearInterval(signs);
      expect(await folderHolder(place)).toEqual({ pid: process.pid, host: "elsewhere", isHere: false });
    });

    it("waits until it is sure that a silent one is gone, and then lets one take over", async () => {
      const place = join(folder, "silent");
      await mkdir(place);
      await writeFile(join(place, lockFile), elsewhere);
      const start = performance.now();
      const taken: number[] = [];
      const attempt = () =>
        lockFolder(place, { silence: 2.5 }).then(() => taken.push(performance.now() - start));
      await Promise.allSettled([attempt(), attempt(), attempt()]);
      expect(taken).toEqual([expect.any(Number)]);
      expect(taken[0]).toBeGreaterThanOrEqual(2500);
      expect((await folderHolder(place))?.isHere).toBe(true);
    });
  });

  it("gives signs of life while it holds a folder, and no longer", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const place = join(folder, "living signs");
      const { release } = await lockFolder(place);
      const path = join(place, lockFile);
      await utimes(path, 1, 1);
      vi.advanceTimersByTime(5000);
      while ((await stat(path)).mtimeMs === 1000) await wait(10);
      await release();
      expect(vi.getTimerCount()).toBe(0);
      expect(await folderHolder(place)).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it("leaves the lock of another that took the folder over meanwhile, and writes nothing any more", async () => {
    const place = join(folder, "overtaken");
    const hold = await lockFolder(place);
    await hold.write("file", "before");
    await writeFile(join(place, lockFile), JSON.stringify({ pid: 7, host: "another", place: "elsewhere" }));
    const refusals = [
      () => hold.confirm(),
      () => hold.write("file", "after"),
      () => hold.writeJson("new.json", {}),
      () => hold.remove("file"),
    ];
    for (const attempt of refusals) {
      const refused = attempt();
      await expect(refused).rejects.toMatchObject({ name: "FileError", code: "in-use" });
      await expect(refused).rejects.toThrow(/was taken over by process 7 on another/);
    }
    await hold.release();
    expect((await folderHolder(place))?.host).toBe("another");
    expect((await readdir(place)).sort()).toEqual([lockFile, "file"]);
    expect(await readFile(join(place, "file"), "utf8")).toBe("before");
  });

  it("lets go of what a file replaces when that has its content on the disk, never earlier", async () => {
    const place = join(folder, "replaced");
    const hold = await lockFolder(place);
    await hold.write("old", "kept");
    // No system takes so long a name: nothing of the file arrives.
    await expect(hold.writeJson("n".repeat(300), {}, { replaces: "old" })).rejects.toThrow();
    expect(await readFile(join(place, "old"), "utf8")).toBe("kept");
    await hold.writeJson("new", {}, { replaces: "old" });
    await hold.release();
    expect(await readdir(place)).toEqual(["new"]);
  });

  it("gives no sign of life for a lock that is another's", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const place = join(folder, "others signs");
      const { release } = await lockFolder(place);
      const path = join(place, lockFile);
      await writeFile(path, JSON.stringify({ pid: 7, host: "another", place: "elsewhere" }));
      await utimes(path, 1, 1);
      vi.advanceTimersByTime(5000);
      await wait(100);
      expect((await stat(path)).mtimeMs).toBe(1000);
      await release();
    } finally {
      vi.useRealTimers();
    }
  });

  /** A number of processes of its own: whoever is in it cannot be looked up from here. */
  const elsewhereArguments = ["--pid", "--fork", "--kill-child"];
  const canUnshare = spawnSync("unshare", [...elsewhereArguments, "true"]).status === 0;
  if (!canUnshare)
    process.stderr.write("skipped: no process as on another machine (needs Linux, root and unshare)\n");

  it.skipIf(!canUnshare)("fences off a process that wakes up after its folder was taken over", async () => {
    const place = join(folder, "fenced");
    const source = fileURLToPath(new URL("../dist/index.js", import.meta.url));
    // Writes all the time, as it finds time; what is refused ends it.
    const script = `
      const { lockFolder } = await import(${JSON.stringify(source)});
      const hold = await lockFolder(${JSON.stringify(place)});
      for (let turn = 0; ; turn++) {
        await hold.write("file", "theirs " + turn);
        if (turn === 10) console.log("writing");
      }`;
    const holder = spawn(
      "unshare",
      [...elsewhereArguments, process.execPath, "--input-type=module", "-e", script],
      { stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    let errors = "";
    holder.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    try {
      const ended = once(holder, "exit");
      await once(holder.stdout, "data");
      const group = -(holder.pid ?? 0);
      process.kill(group, "SIGSTOP");
      const mine = await lockFolder(place, { silence: 0.5 });
      const found = await readdir(place);
      expect(found.sort()).toEqual([lockFile, "file"]);
      await mine.write("file", "mine");
      process.kill(group, "SIGCONT");
      await Promise.race([ended, wait(20_000)]);
      expect(errors).toMatch(/was taken over by process \d+ on /);
      expect(await readFile(join(place, "file"), "utf8")).toBe("mine");
      expect((await readdir(place)).sort()).toEqual([lockFile, "file"]);
      await mine.confirm();
      await mine.release();
    } finally {
      if (holder.exitCode === null) process.kill(-(holder.pid ?? 0), "SIGKILL");
    }
  });
});

describe("cacheFolder", () => {
  it("is the environment's choice, else in the home folder", () => {
    expect(cacheFolder({ STEEPEST_CACHE: "/somewhere" })).toBe("/somewhere");
    expect(cacheFolder({ STEEPEST_CACHE: "" })).toBe(join(homedir(), ".cache", "steepest"));
    expect(cacheFolder({})).toBe(join(homedir(), ".cache", "steepest"));
  });
});

describe("sha256Of", () => {
  it("agrees with the standard's example", () => {
    const abc = new TextEncoder().encode("abc");
    expect(sha256Of(abc)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("download", () => {
  const content = new TextEncoder().encode("content ".repeat(1000));
  const packed = gzipSync(content);
  let server: Server;
  let host: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === "/plain") response.end(content);
      else if (request.url === "/packed") response.end(packed);
      else if (request.url === "/cut") response.end(packed.subarray(0, packed.length - 9));
      else if (request.url === "/broken") {
        response.writeHead(200, { "content-length": String(content.length) });
        response.write(content.subarray(0, 100), () => response.destroy());
      } else if (request.url !== "/silent") response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    host = `http://127.0.0.1:${address.port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const target = (name: string) => join(folder, "downloads", name);
  const sha256 = sha256Of(content);

  it("keeps what has the right hash, as it was sent", async () => {
    await download({ url: `${host}/plain`, path: target("plain"), sha256 });
    expect(new Uint8Array(await readFile(target("plain")))).toEqual(content);
    await download({ url: `${host}/packed`, path: target("packed"), sha256, unpack: gunzipSync });
    expect(await readFile(target("packed"))).toEqual(packed);
  });

  it("refuses other content, names both hashes and keeps the old file", async () => {
    await writeFile(target("plain"), "old");
    const wrong = download({ url: `${host}/packed`, path: target("plain"), sha256 });
    await expect(wrong).rejects.toMatchObject({ name: "FileError", code: "malformed-file" });
    await expect(wrong).rejects.toThrow(sha256);
    await expect(wrong).rejects.toThrow(sha256Of(packed));
    expect(await readFile(target("plain"), "utf8")).toBe("old");
  });

  it("refuses what does not unpack", async () => {
    const cut = download({ url: `${host}/cut`, path: target("cut"), sha256, unpack: gunzipSync });
    await expect(cut).rejects.toMatchObject({ code: "malformed-file" });
  });

  it("says why a server could not be used, and leaves nothing behind", async () => {
    // Only the silent server is given a short limit: the others answer, however busy the machine is.
    const failing = [
      { url: `${host}/missing`, message: /404/ },
      { url: `${host}/broken`, message: /could not download/ },
      { url: `${host}/silent`, message: /no answer within 0\.2 s/, connectSeconds: 0.2 },
      { url: "http://127.0.0.1:1/closed", message: /could not download/ },
    ];
    for (const { message, ...server } of failing) {
      const attempt = download({ ...server, path: target("never"), sha256 });
      await expect(attempt).rejects.toMatchObject({ code: "unavailable" });
      await expect(attempt).rejects.toThrow(message);
    }
    expect((await readdir(join(folder, "downloads"))).sort()).toEqual(["packed", "plain"]);
  });
});
