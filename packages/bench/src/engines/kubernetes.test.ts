import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kubernetesJob, kubernetesManifest, kubernetesSettingsSchema } from "./kubernetes.js";

const settings = kubernetesSettingsSchema.parse({
  kind: "kubernetes",
  image: "registry/steepest:1",
  claim: "runs",
});

describe("kubernetesManifest", () => {
  it("is an Indexed Job of one trial a container, on the claim, with the index as the trial's", () => {
    const text = kubernetesManifest(kubernetesJob("Laptop, 3 x 3", { trials: 120 }, settings));
    const labels = {
      "app.kubernetes.io/name": "steepest",
      "app.kubernetes.io/instance": "steepest-laptop-3-x-3",
    };
    expect(text).not.toMatch(/[&*]a1/);
    expect(parse(text)).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "steepest-laptop-3-x-3", labels },
      spec: {
        completionMode: "Indexed",
        completions: 120,
        parallelism: 120,
        backoffLimitPerIndex: 2,
        podFailurePolicy: {
          rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 60,
            containers: [
              {
                name: "trial",
                image: "registry/steepest:1",
                command: [
                  "steepest",
                  "bench",
                  "trial",
                  "--plan",
                  "/bench",
                  "--index",
                  "$(JOB_COMPLETION_INDEX)",
                ],
                env: [
                  {
                    name: "JOB_COMPLETION_INDEX",
                    valueFrom: {
                      fieldRef: {
                        fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']",
                      },
                    },
                  },
                ],
                resources: { requests: { cpu: "1" } },
                volumeMounts: [{ name: "bench", mountPath: "/bench" }],
              },
            ],
            volumes: [{ name: "bench", persistentVolumeClaim: { claimName: "runs" } }],
          },
        },
      },
    });
  });

  it("takes what the user chooses, and keeps commands literal", () => {
    const text = kubernetesManifest(
      kubernetesJob(
        "ü",
        { trials: 200_000 },
        {
          ...settings,
          namespace: "research",
          memory: "2Gi",
          parallelism: 50_000,
          mountPath: "/mnt",
          subPath: "benches/one",
          command: ["node", "/opt/$(X)/steepest.js"],
        },
      ),
    );
    const { metadata, spec } = parse(text);
    expect(metadata).toMatchObject({ name: "steepest", namespace: "research" });
    // Above 100,000 indices Kubernetes refuses a job that does not bound both.
    expect(spec).toMatchObject({ completions: 200_000, parallelism: 10_000, maxFailedIndexes: 10_000 });
    const [container] = spec.template.spec.containers;
    expect(container.command.slice(0, 2)).toEqual(["node", "/opt/$$(X)/steepest.js"]);
    expect(container.resources).toEqual({ requests: { cpu: "1", memory: "2Gi" } });
    expect(container.volumeMounts).toEqual([{ name: "bench", mountPath: "/mnt", subPath: "benches/one" }]);
  });
});
