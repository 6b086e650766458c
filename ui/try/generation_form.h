#pragma once

#include "ui/try/try_values.h"

#include <QWidget>

class QDoubleSpinBox;
class QSpinBox;

namespace lora::ui {

/// How the next token is chosen.
class GenerationForm : public QWidget
{
    Q_OBJECT

public:
    explicit GenerationForm(QWidget* parent = nullptr);

    GenerationSettings settings() const;
    void setSettings(const GenerationSettings& settings);

private:
    void refresh();

    QDoubleSpinBox* m_temperature;
    QSpinBox* m_topK;
    QDoubleSpinBox* m_topP;
    QSpinBox* m_maxNewTokens;
    QSpinBox* m_seed;
};

} // namespace lora::ui
