// A sentence that is shown for a while.
import { useEffect, useState } from "preact/hooks";
import { useLab } from "../state/store";

const SHOWN_MS = 5000;

export function Toast() {
  const notice = useLab((state) => state.notice);
  const [gone, setGone] = useState(0);
  useEffect(() => {
    if (notice === null) return;
    const later = setTimeout(() => setGone(notice.number), SHOWN_MS);
    return () => clearTimeout(later);
  }, [notice?.number]);
  const there = notice !== null && notice.number > gone;
  return (
    <div class="sh-toasts" role="status">
      {there && <p class={`sh-toast sh-toast-${notice.kind}`}>{notice.text}</p>}
    </div>
  );
}
