import { Component, type ErrorInfo, type ReactNode } from "react";
import { CrashState } from "./ErrorState.tsx";

interface State {
  readonly failed: boolean;
}

/** Keeps a defect in one panel from blanking the page. */
export class PanelBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("A panel failed while drawing.", error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return <CrashState onRetry={() => this.setState({ failed: false })} />;
  }
}
