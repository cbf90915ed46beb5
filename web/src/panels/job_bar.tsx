// How far an action of the host is, with a way to drop it.
import { Button } from "../parts/button";
import type { Job } from "../state/state";

interface Props {
  readonly text: string;
  readonly share: number | null;
  readonly stop: string;
  readonly onStop: () => void;
}

export function JobBar({ text, share, stop, onStop }: Props) {
  return (
    <div class="sh-job" role="status">
      <p>{text}</p>
      <progress class="sh-progress" max={1} value={share ?? undefined} aria-label={text} />
      <Button onClick={onStop}>{stop}</Button>
    </div>
  );
}

/** Whether an action was asked for and not answered yet. */
export function isRunning(job: Job | undefined): job is Job & { done: null; failed: null } {
  return job !== undefined && job.done === null && job.failed === null;
}
