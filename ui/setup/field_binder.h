#pragma once

#include "core/config/experiment_config.h"

#include <QDoubleSpinBox>
#include <QObject>
#include <QString>

#include <functional>

class QCheckBox;
class QComboBox;
class QSpinBox;

namespace lora::ui {

class ExperimentEditor;

/// A number over many powers of ten (learning rate, epsilon): shown as 0.0005 or 1e-08, stepped 1, 2, 5, 10.
class ScientificBox : public QDoubleSpinBox
{
    Q_OBJECT

public:
    explicit ScientificBox(QWidget* parent = nullptr);

    QString textFromValue(double value) const override;
    double valueFromText(const QString& text) const override;
    QValidator::State validate(QString& text, int& position) const override;
    void stepBy(int steps) override;
};

/// Ties form controls to fields of the experiment: edits become undoable steps, changes from elsewhere show
/// up, and the wheel changes nothing that has no focus (forms are scrolled).
class FieldBinder : public QObject
{
    Q_OBJECT

public:
    FieldBinder(ExperimentEditor& editor, QObject* parent);

    void number(QDoubleSpinBox* box, const QString& label,
                std::function<double(const ExperimentConfig&)> read,
                std::function<void(ExperimentConfig&, double)> write);
    void integer(QSpinBox* box, const QString& label, std::function<int(const ExperimentConfig&)> read,
                 std::function<void(ExperimentConfig&, int)> write);
    /// The combo's item data hold the values.
    void choice(QComboBox* box, const QString& label, std::function<QString(const ExperimentConfig&)> read,
                std::function<void(ExperimentConfig&, const QString&)> write);
    void flag(QCheckBox* box, const QString& label, std::function<bool(const ExperimentConfig&)> read,
              std::function<void(ExperimentConfig&, bool)> write);
    /// Called after every change of the experiment, and once now.
    void onChange(std::function<void(const ExperimentConfig&)> refresh);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void guardWheel(QWidget* widget);

    ExperimentEditor& m_editor;
};

} // namespace lora::ui
