// The link: the whole session as the fragment of an address, to give away or to open.
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { KEYS } from "../parts/keys";
import { DRAWN_NAME } from "../state/data";
import { useActions, useLab, useStore } from "../state/store";
import { t } from "../strings";
import { decodeLink, encodeLink } from "../wire/fragment";

export function ShareDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title={t("share.title")} open={open} onClose={onClose}>
      <Give />
      <Take onClose={onClose} />
    </Dialog>
  );
}

function Give() {
  const act = useActions();
  const store = useStore();
  const session = useLab((state) => state.session);
  const [link, setLink] = useState("");
  useEffect(() => {
    let wanted = true;
    if (session !== null)
      void encodeLink({ session, ui: store.state.ui }).then((text) => wanted && setLink(`#${text}`));
    return () => {
      wanted = false;
    };
  }, [session]);
  const own = session?.table != null && session.table.name !== DRAWN_NAME;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      act.notify(t("share.copied"));
    } catch {
      act.notify(t("share.not_copied"), "warn"); // a browser that does not allow it
    }
  };
  return (
    <section class="sh-share">
      <p>{t("share.what")}</p>
      <Field label={t("share.link")} stacked>
        {({ id, describedBy }) => (
          <span class="sh-pair">
            <input class="sh-text" id={id} readOnly value={link} aria-describedby={describedBy}
              onFocus={(event) => event.currentTarget.select()} {...KEYS} />
            <Button kind="main" onClick={() => void copy()}>{t("share.copy")}</Button>
          </span>
        )}
      </Field>
      <p class="sh-quiet">{t("share.how")} <code>shoal lab '{link.slice(0, 12)}…'</code></p>
      {own && <p class="sh-note">{t("share.own_data", { name: session.table?.name ?? "" })}</p>}
    </section>
  );
}

function Take({ onClose }: { onClose: () => void }) {
  const act = useActions();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const take = async () => {
    const link = await decodeLink(text.replace(/^.*'(#.*)'.*$/, "$1"));
    setWrong(link === null);
    if (link === null) return;
    act.restore(link.session, link.ui);
    onClose();
  };
  return (
    <form class="sh-share" onSubmit={(event) => {
      event.preventDefault();
      void take();
    }}>
      <Field label={t("share.open")} stacked>
        {({ id }) => (
          <span class="sh-pair">
            <input class="sh-text" id={id} value={text} autocomplete="off" spellcheck={false}
              placeholder="#1.…" aria-invalid={wrong}
              onInput={(event) => setText(event.currentTarget.value)} {...KEYS} />
            <button type="submit" class="sh-button" disabled={text.trim() === ""} {...KEYS}>
              {t("share.open_it")}
            </button>
          </span>
        )}
      </Field>
      {wrong && <p class="sh-problem" role="alert">{t("share.damaged")}</p>}
    </form>
  );
}
