import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A cluster of one node that runs on this machine. */
export interface Cluster {
  /** What `SLURM_CONF` must be for Slurm's commands to speak to it. */
  readonly configuration: string;
  /** Runs one of Slurm's commands on it. */
  command(program: string, ...args: readonly string[]): string;
  /** Ends its daemons and all of its jobs, and removes its files. */
  stop(): Promise<void>;
}

/** What {@link startCluster} can be told. */
export interface ClusterOptions {
  /** Task numbers of an array lie below it. */
  readonly maxArraySize: number;
  /** Jobs that the controller holds at a time; 10,000 by default. */
  readonly maxJobCount?: number;
  /** Trials at a time: tasks take one each. */
  readonly processors: number;
}

const isInstalled = (program: string): boolean =>
  // Daemons lie where users rarely look.
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Why there can be no cluster here, undefined where there can. */
export const noCluster: string | undefined =
  process.platform !== "linux"
    ? "needs Linux"
    : process.getuid?.() !== 0
      ? "needs root"
      : ["munged", "slurmctld", "slurmd", "sbatch"].every(isInstalled)
        ? undefined
        : "needs Slurm: apt-get install slurm-wlm munge";

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}

async function configuration(folder: string, options: ClusterOptions): Promise<string> {
  const [controller, node] = await freePorts(2);
  return `ClusterName=steepest
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
# A task whose node failed waits for as long as its credential may live before it begins again.
AuthInfo=socket=${folder}/munge.socket,cred_expire=5
SlurmUser=root
StateSaveLocation=${folder}
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
KillWait=10
ReturnToService=2
MaxArraySize=${options.maxArraySize}
MaxJobCount=${options.maxJobCount ?? 10_000}
# Jobs begin again where they ask for it, and only there.
JobRequeue=0
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
# As many processors as the tests want, whatever the machine has.
SlurmdParameters=config_overrides
NodeName=node NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=${options.processors} RealMemory=1000
PartitionName=main Nodes=node Default=YES
PartitionName=short Nodes=node MaxTime=10
`;
}

/** Starts a cluster; it also ends when this process does, however that ends. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "steepest-slurm-"));
  // munge wants its socket where every user could reach it.
  await chmod(folder, 0o755);
  await writeFile(join(folder, "munge.key"), randomBytes(128), { mode: 0o400 });
  const file = join(folder, "slurm.conf");
  await writeFile(file, await configuration(folder, options));
  const environment = { ...process.env, PATH: `${process.env.PATH}${delimiter}/usr/sbin`, SLURM_CONF: file };
  const keeper = spawn("sh", [fileURLToPath(new URL("cluster.sh", import.meta.url)), folder], {
    env: environment,
    stdio: ["pipe", "inherit", "inherit"],
  });
  const cluster: Cluster = {
    configuration: file,
    command: (program, ...args) =>
      execFileSync(program, args, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    async stop() {
      keeper.stdin.end();
      if (keeper.exitCode === null) await once(keeper, "exit");
    },
  };
  try {
    await untilIdle(cluster, keeper, folder);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function untilIdle(cluster: Cluster, keeper: ChildProcess, folder: string): Promise<void> {
  for (let waited = 0; keeper.exitCode === null && waited < 20_000; waited += 100) {
    try {
      if (cluster.command("sinfo", "--noheader", "--format=%T").startsWith("idle")) return;
    } catch {
      // The controller does not listen yet.
    }
    await wait(100);
  }
  const said = ["munged.out", "slurmctld.out", "slurmd.out"].map((name) =>
    readFile(join(folder, name), "utf8").catch(() => ""),
  );
  throw new Error(`the cluster did not start:\n${(await Promise.all(said)).join("\n")}`);
}
