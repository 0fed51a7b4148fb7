import { stringify } from "yaml";
import { z } from "zod";
import { type EngineBench, trialCommand } from "./engine.js";

/** {@link KubernetesSettings} as a plan has them. */
export const kubernetesSettingsSchema = z.strictObject({
  kind: z.literal("kubernetes"),
  /** An image in which the command below is found. */
  image: z.string().min(1),
  /** The persistent volume claim that holds the bench's folder; many nodes must be able to write to it. */
  claim: z.string().min(1),
  /** Where the claim is mounted in the containers. */
  mountPath: z.string().startsWith("/").default("/bench"),
  /** The bench's folder within the claim; the claim itself by default. */
  subPath: z.string().min(1).exactOptional(),
  /** How `steepest` is called in the image, as words. */
  command: z.array(z.string()).min(1).default(["steepest"]),
  /** Trials at a time; all of them by default, as far as the cluster has processors. */
  parallelism: z.int().positive().max(100_000).exactOptional(),
  namespace: z.string().min(1).exactOptional(),
  /** Of one trial, as Kubernetes writes it: `2Gi`. */
  memory: z.string().min(1).exactOptional(),
});

/** How trials run on Kubernetes; nothing here changes their bits. */
export type KubernetesSettings = Readonly<z.infer<typeof kubernetesSettingsSchema>>;

/** Seconds that a trial gets to save its checkpoint when its node is drained. */
const gracePeriod = 60;

/** What Kubernetes allows a job: pods at a time and, where there are many indices, a bound on failed ones. */
const limitsOf = (trials: number): { readonly pods: number; readonly failed?: number } =>
  trials > 100_000 ? { pods: 10_000, failed: 10_000 } : { pods: 100_000 };

const index = "JOB_COMPLETION_INDEX";

/** {@link kubernetesJob} as Kubernetes reads it in JSON. */
export type KubernetesJob = ReturnType<typeof kubernetesJob>;

/**
 * An Indexed Job (Kubernetes 1.29 and later) whose index is the trial's: one container a
 * trial, on one processor. Trials that are complete return at once, so the same manifest carries on a bench:
 * `kubectl replace --force -f` where the job is there already.
 *
 * @param name the job's name; made one that Kubernetes takes
 */
export function kubernetesJob(
  name: string,
  { trials }: Pick<EngineBench, "trials">,
  settings: KubernetesSettings,
) {
  const { image, claim, mountPath, subPath, namespace, memory, command } = settings;
  const limits = limitsOf(trials);
  const labels = { "app.kubernetes.io/name": "steepest", "app.kubernetes.io/instance": jobName(name) };
  const words = trialCommand({ folder: mountPath, trials, command }).map(literally);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: jobName(name), ...(namespace === undefined ? {} : { namespace }), labels },
    spec: {
      completionMode: "Indexed",
      completions: trials,
      parallelism: Math.min(settings.parallelism ?? trials, trials, limits.pods),
      // A trial that fails is tried again and recorded by the command itself; what fails here is a container.
      backoffLimitPerIndex: 2,
      ...(limits.failed === undefined ? {} : { maxFailedIndexes: limits.failed }),
      podFailurePolicy: {
        // A drained node or an eviction is nobody's failure.
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: gracePeriod,
          containers: [
            {
              name: "trial",
              image,
              command: [...words, `$(${index})`],
              env: [
                {
                  name: index,
                  valueFrom: {
                    fieldRef: {
                      fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']",
                    },
                  },
                },
              ],
              resources: { requests: { cpu: "1", ...(memory === undefined ? {} : { memory }) } },
              volumeMounts: [{ name: "bench", mountPath, ...(subPath === undefined ? {} : { subPath }) }],
            },
          ],
          volumes: [{ name: "bench", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}

/** A job as a manifest in YAML: each thing where it stands, without references to what stands elsewhere. */
export const kubernetesManifest = (job: KubernetesJob): string =>
  stringify(job, { aliasDuplicateObjects: false });

/** Kubernetes replaces `$(NAME)` in commands; `$$` stands for a plain `$`. */
const literally = (word: string): string => word.replaceAll("$(", () => "$$(");

/**
 * A name of lower-case letters, digits and hyphens. Pods are named after it and their index, and their host
 * names have 63 characters at most.
 */
function jobName(name: string): string {
  const allowed = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return allowed === "" ? "steepest" : `steepest-${allowed}`;
}
