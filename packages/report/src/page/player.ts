/** The clock of an animation: a position between 0 and `steps` that plays, pauses and jumps. */
export interface Player {
  readonly step: number;
  readonly playing: boolean;
  toggle(): void;
  pause(): void;
  restart(): void;
  /** Jumps to a step (held within the race) and stays as playing as it was. */
  seek(step: number): void;
  setSpeed(factor: number): void;
}

/** Makes the clock of an animation of so many steps; it calls back whenever its position or state changes. */
export type Players = (steps: number, secondsAtSpeedOne: number, onChange: () => void) => Player;

/** Builds the players. Self-contained, for a page's inline script. */
export function createPlayers(): Players {
  return (steps, secondsAtSpeedOne, onChange) => {
    let step = 0;
    let playing = false;
    let speed = 1;
    let previous: number | undefined;

    const frame = (now: number): void => {
      if (!playing) return;
      const elapsed = previous === undefined ? 0 : (now - previous) / 1000;
      previous = now;
      step = Math.min(steps, step + (elapsed * speed * steps) / secondsAtSpeedOne);
      playing = step < steps;
      onChange();
      if (playing) requestAnimationFrame(frame);
    };
    const start = (): void => {
      if (step >= steps) step = 0;
      playing = true;
      previous = undefined;
      requestAnimationFrame(frame);
    };
    return {
      get step() {
        return step;
      },
      get playing() {
        return playing;
      },
      toggle() {
        if (playing) playing = false;
        else start();
        onChange();
      },
      pause() {
        playing = false;
        onChange();
      },
      restart() {
        step = 0;
        if (!playing) start();
        onChange();
      },
      seek(target) {
        step = Math.min(steps, Math.max(0, target));
        onChange();
      },
      setSpeed(factor) {
        speed = factor;
      },
    };
  };
}
