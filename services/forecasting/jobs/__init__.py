"""The jobs of forecasting: one worker that follows the watermark of the sales."""
