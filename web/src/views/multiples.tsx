// Many networks learning at once: small pictures of the surface of each, one of them chosen.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useActions, useLab } from "../state/store";
import { percent, number, t } from "../strings";
import { KEYS, Nothing, played } from "./bits";
import { Canvas } from "./canvas";
import { captionHeight, drawMultiples, tileAt, tilingOf, type Multiples } from "./multiples_draw";
import type { Size } from "./plot";
import { bytes, finalsOf, markOf, whole, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { toneOf } from "./surface_data";
import { ClassKeys } from "./surface_legend";
import { outputWords } from "./surface_words";
import { useLook } from "./use_look";
import { networkNumber, networkOf } from "./wants";
import { NetworkChooser } from "./network_chooser";

export function MultiplesView(): JSX.Element {
  const seen = useSeen();
  if (!seen?.arrays.multiples) return <Nothing>{t("view.waiting")}</Nothing>;
  return <Tiles seen={seen} />;
}

function Tiles({ seen }: { readonly seen: Seen }): JSX.Element {
  const act = useActions();
  const look = useLook();
  const chosen = useLab(networkOf);
  const [pointed, setPointed] = useState(-1);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const data = useMultiples(seen, chosen, pointed);
  const count = data.members.length;
  const tiling = tilingOf(count, size, captionHeight(look));
  const at = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return tileAt(tiling, count, event.clientX - box.left, event.clientY - box.top);
  };
  const choose = (k: number) => {
    const member = data.members[k];
    if (member === undefined) return;
    act.setUi({ network: member });
    act.say(tileWords(data, k));
  };
  const pressed = (event: KeyboardEvent) => {
    const by = movesOf(tiling.columns)[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const now = data.members.indexOf(chosen);
    choose(Math.min(count - 1, Math.max(0, now + by)));
  };
  const { plane } = seen.header;
  return (
    <div class="sh-view">
      <div class="sh-bar">
        <span>{titleOf(count, seen.opened.n_networks, plane ? outputWords(plane) : "")}</span>
        <span class="sh-push" />
        <NetworkChooser />
      </div>
      <div class="sh-stage">
        <div class="sh-layers sh-pointable" {...played()} {...KEYS}
          aria-label={t("view.multiples_label", { n: count, chosen: networkNumber(chosen) })}
          onPointerMove={(event) => setPointed(at(event))} onPointerLeave={() => setPointed(-1)}
          onClick={(event) => choose(at(event))} onKeyDown={pressed}>
          <Canvas draw={drawMultiples} data={data} look={look} onSize={setSize} mark={markOf(seen)} />
        </div>
      </div>
      <div class="sh-legend"><div class="sh-keys"><ClassKeys seen={seen} rows={false} /></div></div>
    </div>
  );
}

function titleOf(n: number, all: number, what: string): string {
  return n < all ? t("view.multiples_first", { n, all, what }) : t("view.multiples_title", { n, what });
}

function useMultiples(seen: Seen, chosen: number, pointed: number): Multiples {
  const { multiples, multiples_class: classes } = seen.arrays;
  const finals = useMemo(
    () => finalsOf(seen, seen.opened.headline), [seen.arrays[`final_${seen.opened.headline}`]]);
  return useMemo(() => {
    const values = bytes(seen.arrays, "multiples");
    const members = whole(seen.arrays, "multiples_member");
    const shares = /accuracy/.test(seen.opened.headline);
    const list = members?.data ?? new Int32Array(0);
    return {
      n: values?.shape[1] ?? 0,
      members: list,
      values: values?.data ?? new Uint8Array(0),
      classes: bytes(seen.arrays, "multiples_class")?.data ?? null,
      tone: toneOf(seen, "median", classes !== undefined),
      captions: Array.from(list, (member) => caption(finals?.[member], shares)),
      chosen,
      pointed,
    };
  }, [multiples, classes, finals, chosen, pointed]);
}

function caption(value: number | undefined, isShare: boolean): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return t("view.diverged");
  return isShare ? percent(value) : number(value, 3);
}

function movesOf(columns: number): Readonly<Record<string, number>> {
  return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
}

function tileWords(data: Multiples, k: number): string {
  return t("view.tile_words", { n: networkNumber(data.members[k] ?? 0), value: data.captions[k] ?? "" });
}
