// The widget, in anywidget's format: one ES module that draws into the element it is given. The
// page takes what it needs from here too, so that everything is in this one file.
import "./style/index.css";
import { commHost, type Model } from "./wire/comm";
import { mount } from "./mount";
import { keepInModel, keptIn } from "./state/notebook";
import { preferred } from "./strings";

interface Given {
  readonly model: Model;
  readonly el: HTMLElement;
}

function render({ model, el }: Given): () => void {
  const language = preferred(navigator.languages ?? []);
  el.classList.add("sh-widget");
  const size = (): void => {
    const height = model.get?.("_height");
    if (typeof height === "number") el.style.setProperty("--sh-height", `${height}px`);
  };
  size();
  model.on("change:_height", size);
  const { store, unmount } = mount(commHost(model), el, { language, ...keptIn(model), ground: el });
  const stop = keepInModel(store, model);
  return () => {
    stop();
    model.off("change:_height", size);
    unmount();
  };
}

export { mount };
export { keepInAddress, preferences, readAddress } from "./state/remember";
export { socketHost } from "./wire/socket";
export default { render };
