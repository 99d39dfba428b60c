"""The HTTP side of forecasting."""

from services.forecasting.api import forecasts, models, sales, scores

routers = [sales.router, forecasts.router, scores.router, models.router]
