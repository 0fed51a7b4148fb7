import { findWorkload, type LoadedWorkload, type Workload } from "@steepest/workloads";

/** Gives registered workloads whose data are loaded at the first call and shared by all further ones. */
export function sharedWorkloads(): (name: string) => Workload {
  const known = new Map<string, Workload>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const workload = findWorkload(name);
    let loading: Promise<LoadedWorkload> | undefined;
    const shared: Workload = {
      ...workload,
      load(options) {
        loading ??= workload.load(options);
        return loading;
      },
    };
    known.set(name, shared);
    return shared;
  };
}
