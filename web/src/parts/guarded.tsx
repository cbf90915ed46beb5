// What goes wrong while a part of the page is drawn stays in that part.
import { Component, type ComponentChildren } from "preact";
import { t } from "../strings";

export class Guarded extends Component<{ children: ComponentChildren }, { wrong: string | null }> {
  override state: { wrong: string | null } = { wrong: null };

  static override getDerivedStateFromError(error: unknown) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    const { wrong } = this.state;
    if (wrong === null) return this.props.children;
    return (
      <div class="sh-broken" role="alert">
        <p>{t("app.broken")}</p>
        <p class="sh-quiet">{wrong}</p>
        <button type="button" class="sh-button" onClick={() => this.setState({ wrong: null })}>
          {t("app.try_again")}
        </button>
      </div>
    );
  }
}
