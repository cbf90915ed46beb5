// Small pictures for buttons, drawn as strokes; what they mean is said by the button's label.

const PATHS = {
  play: "M5 3.5v9l7.5-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  step: "M4 4l5 4-5 4zM12 4v8",
  back: "M12 4l-5 4 5 4zM4 4v8",
  epoch: "M2.5 4l4.5 4-4.5 4zM8.5 4l4.5 4-4.5 4z",
  epoch_back: "M13.5 4L9 8l4.5 4zM7.5 4L3 8l4.5 4z",
  start: "M4 3.5v9M13 3.5L6.5 8l6.5 4.5z",
  end: "M12 3.5v9M3 3.5L9.5 8 3 12.5z",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  close: "M4 4l8 8M12 4l-8 8",
  undo: "M6 3L3 6l3 3M3 6h6.5a3.5 3.5 0 010 7H6",
  seeds: "M3 3h10v10H3zM6 6h.01M10 10h.01M8 8h.01",
  share: "M11 5a1.8 1.8 0 100-3.6A1.8 1.8 0 0011 5zM5 9.8a1.8 1.8 0 100-3.6 1.8 1.8 0 000 3.6zM11 14.6A1.8 1.8 0 1011 11a1.8 1.8 0 000 3.6zM6.6 7.1l2.9-2.4M6.6 8.9l2.9 2.4",
  take: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13h10",
  tour: "M8 13.5s4.5-4.2 4.5-7.4a4.5 4.5 0 00-9 0C3.5 9.3 8 13.5 8 13.5zM8 7.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3z",
  sun: "M8 10.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 116.5 3 4.3 4.3 0 0013 9.5z",
  auto: "M8 13.5a5.5 5.5 0 100-11 5.5 5.5 0 000 11zM8 2.5v11",
  projector: "M2 3h12v8H2zM6 14h4M8 11v3",
  more: "M5 6.5l3 3 3-3",
  upload: "M8 10.5V3M4.8 6L8 2.8 11.2 6M3 13h10",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v4.5",
} as const;
export type IconName = keyof typeof PATHS;

const FILLED: readonly IconName[] = ["play", "step", "back", "epoch", "epoch_back", "start", "end"];

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="sh-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"
      fill={FILLED.includes(name) ? "currentColor" : "none"} stroke="currentColor"
      stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
